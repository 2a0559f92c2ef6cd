// The table of one instruction set, for maps of bytes.

static const dense_int8_kernels *NAME(int8_table)(void) {
  static const dense_int8_kernels kernels = {
#define INT8_KERNEL(name, ...) .name = NAME(name),
#include "int8_kernels.inc"
      .weight_bytes = sizeof(WEIGHT),
  };
  return &kernels;
}
