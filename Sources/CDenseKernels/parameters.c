#include "kernel_table.h"
#include "vectors.h"

#define DENSE_BODY "parameters.body.h"
#include "every_isa.h"

ptrdiff_t dense_packed_count(int out_padded, int in_padded, int kernel_h, int kernel_w) {
  return (ptrdiff_t)out_padded * in_padded * kernel_h * kernel_w;
}
