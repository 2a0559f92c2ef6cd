#include <string.h>

#include "kernel_table.h"
#include "vectors.h"

#define DENSE_BODY "convolution.body.h"
#include "every_isa.h"

ptrdiff_t dense_conv_scratch(const dense_conv_shape *s, int backward) {
  const ptrdiff_t rows = (ptrdiff_t)(s->rows_per_tile - 1) * s->stride_h + s->kernel_h;
  const ptrdiff_t columns = (ptrdiff_t)(s->out_width - 1) * s->stride_w + s->kernel_w;
  ptrdiff_t floats = s->images_per_tile * rows * columns * s->in_channels + DENSE_LANES;
  if (backward) {
    floats += (ptrdiff_t)s->images_per_tile * (s->rows_per_tile + s->kernel_h) * (s->out_width + s->kernel_w) * s->out_channels;
  }
  return floats;
}
