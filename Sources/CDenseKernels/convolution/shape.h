// Sizes of a convolution's tiles, as the kernels of both precisions need them.
#ifndef DENSE_CONVOLUTION_SHAPE_H
#define DENSE_CONVOLUTION_SHAPE_H

#include "convolution/winograd.h"
#include "isa/simd.h"

/// Which images and output rows a tile covers.
ALWAYS_INLINE void tile_range(const dense_conv_shape *s, int images, int tile, int *image, int *count, int *row, int *rows) {
  const int bands = (s->out_height + s->rows_per_tile - 1) / s->rows_per_tile;
  *image = tile / bands * s->images_per_tile;
  *count = min_int(s->images_per_tile, images - *image);
  *row = tile % bands * s->rows_per_tile;
  *rows = min_int(s->rows_per_tile, s->out_height - *row);
}

/// Input pixels that `rows` output rows see, and that an output row does.
ALWAYS_INLINE int input_rows(const dense_conv_shape *s, int rows) { return (rows - 1) * s->stride_h + s->kernel_h; }
ALWAYS_INLINE int input_columns(const dense_conv_shape *s) { return (s->out_width - 1) * s->stride_w + s->kernel_w; }

/// Groups of `size` rows of a register tile in which a block of outputs after the other is computed.
ALWAYS_INLINE int register_groups(int rows, int outputs, int size) {
  return (rows + size - 1) / size * ((outputs + DENSE_BLOCK - 1) / DENSE_BLOCK);
}

/// Whether a pixel of the output sees the one in its place alone.
ALWAYS_INLINE int is_pointwise(const dense_conv_shape *s) {
  return s->kernel_h == 1 && s->kernel_w == 1 && s->stride_h == 1 && s->stride_w == 1 && s->pad_h == 0 && s->pad_w == 0;
}

/// A tile's squares in Winograd's algorithm: how many down and across each image, and in all.
typedef struct {
  int images, down, across, count;
} squares;

ALWAYS_INLINE squares tile_squares(const dense_conv_shape *s, int images, int rows) {
  const int down = winograd_squares(rows, s->winograd), across = winograd_squares(s->out_width, s->winograd);
  return (squares){images, down, across, images * down * across};
}

#endif
