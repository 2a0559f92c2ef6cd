// The kernels that one instruction set has of its own, for maps of one precision.

#define MAP_KERNEL(name, ...) void NAME(name)(__VA_ARGS__);
#ifdef DENSE_HALF_MAPS
#define FLOAT_KERNEL(name, ...)
#else
#define FLOAT_KERNEL(name, ...) void NAME(name)(__VA_ARGS__);
double NAME(peak)(long repeats);
#endif
#if defined(DENSE_HALF_MAPS) && !defined(DENSE_NATIVE_BF16)
#define PACKING_KERNEL(name, ...)
#else
#define PACKING_KERNEL(name, ...) void NAME(name)(__VA_ARGS__);
#endif
#include "kernels.inc"
