// The kernels over maps of bytes that one instruction set has.

#define INT8_KERNEL(name, ...) void NAME(name)(__VA_ARGS__);
#include "int8_kernels.inc"
double NAME(int8_peak)(long repeats);
