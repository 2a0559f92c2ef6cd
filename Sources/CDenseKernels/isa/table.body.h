// The table of one instruction set, for maps of one precision.

static const dense_kernels *NAME(table)(void) {
  static const dense_kernels kernels = {
#define MAP_KERNEL(name, ...) .name = NAME(name),
#define FLOAT_KERNEL(name, ...) .name = DENSE_JOIN(name, DENSE_FLOAT_ISA, ),
#ifdef DENSE_NATIVE_BF16
#define PACKING_KERNEL(name, ...) .name = NAME(name),
#else
#define PACKING_KERNEL(name, ...) .name = DENSE_JOIN(name, DENSE_ISA, ),
#endif
#include "kernels.inc"
  };
  return &kernels;
}
