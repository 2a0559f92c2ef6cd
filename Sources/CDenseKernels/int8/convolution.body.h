// Inference over maps of bytes: a convolution, tile by tile, and the ways into such a map and out of it.

#include "int8/dot_product.body.h"
#include "int8/tiles.body.h"

/// One group of sums, `sums[count, width]`, of so many vectors of channels, scaled per channel: to bytes, or unrounded.
ALWAYS_INLINE void NAME(int8_epilogue_n)(const int vectors, const dense_conv_shape *s, const dense_int8_args *a, int channel,
                                         int width, const int32_t *sums, const ptrdiff_t *offsets, int count) {
  vf factor[DENSE_VECTORS], addend[DENSE_VECTORS];
  for (int v = 0; v < vectors; v++) {
    factor[v] = LOAD(a->factor + channel + v * DENSE_LANES), addend[v] = LOAD(a->addend + channel + v * DENSE_LANES);
  }
  for (int i = 0; i < count; i++, sums += width) {
    const ptrdiff_t at = offsets[i] + channel;
    vf z[DENSE_VECTORS];
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) {
      z[v] = __builtin_convertvector(*(const vi_unaligned *)(sums + v * DENSE_LANES), vf) * factor[v] + addend[v];
    }
    if (s->wide_output) {
      FULLY_UNROLLED for (int v = 0; v < vectors; v++) STORE((float *)a->y + at + v * DENSE_LANES, z[v]);
    } else {
      STORE_ROUNDED((uint8_t *)a->y + at, z, vectors);
    }
  }
}

static void NAME(int8_epilogue)(const dense_conv_shape *s, const dense_int8_args *a, int channel, int width,
                                const int32_t *sums, const ptrdiff_t *offsets, int count) {
#if DENSE_VECTORS == 2
  if (width == 2 * DENSE_LANES) return NAME(int8_epilogue_n)(2, s, a, channel, width, sums, offsets, count);
#endif
  for (int k = 0; k < width; k += DENSE_LANES) {
    NAME(int8_epilogue_n)(1, s, a, channel + k, width, sums + k, offsets, count);
  }
}

/// All outputs of `rows` output rows from `row` on of `images` images, from their tile: [image, row, column, channel].
static void NAME(int8_products)(const dense_conv_shape *s, const dense_int8_args *a, const OPERAND *tile, int image,
                                int images, int row, int rows) {
  int32_t sums[DENSE_PIXELS * DENSE_BLOCK] __attribute__((aligned(64)));
  const OPERAND *pixels[DENSE_PIXELS];
  ptrdiff_t offsets[DENSE_PIXELS];
  const int length = int8_length(s), taps = s->kernel_h * length, tile_rows = input_rows(s, rows);
  const ptrdiff_t line = (ptrdiff_t)input_columns(s) * s->in_channels;
  const int total = images * rows * s->out_width, groups = (total + DENSE_PIXELS - 1) / DENSE_PIXELS;
  const int step = (total + groups - 1) / groups;
  for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
    const int width = min_int(DENSE_BLOCK, s->out_channels - k);
    int n = 0, r = 0, c = 0;
    for (int p = 0; p < total; p += step) {
      const int group = min_int(step, total - p);
      for (int i = 0; i < group; i++) {
        pixels[i] = tile + ((ptrdiff_t)n * tile_rows + r * s->stride_h) * line + c * s->stride_w * s->in_channels;
        offsets[i] = (((ptrdiff_t)(image + n) * s->out_height + row + r) * s->out_width + c) * s->out_stride;
        if (++c < s->out_width) continue;
        c = 0;
        if (++r < rows) continue;
        r = 0;
        n++;
      }
      NAME(int8_dot_product)(group, width, sums, pixels, s->kernel_h, line, length,
                             (const WEIGHT *)a->weights + (ptrdiff_t)k * taps);
      NAME(int8_epilogue)(s, a, k, width, sums, offsets, group);
    }
  }
}

void NAME(int8_convolution)(const dense_conv_shape *s, const dense_int8_args *a, int images, int tile_begin, int tile_end,
                            void *scratch) {
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    NAME(int8_fill)(scratch, s, a, image, count, row, input_rows(s, rows), input_columns(s));
    NAME(int8_products)(s, a, scratch, image, count, row, rows);
  }
}

void NAME(int8_pack)(void *packed, const int8_t *w, const dense_weight_layout *l, int out_begin, int out_end) {
  const int taps = l->kernel_h * l->kernel_w;
  for (int k = out_begin; k < out_end; k++) {
    const int first = k / DENSE_BLOCK * DENSE_BLOCK, width = min_int(DENSE_BLOCK, l->out_padded - first);
    WEIGHT *to = (WEIGHT *)packed + (ptrdiff_t)first * taps * l->in_padded + (ptrdiff_t)(k - first) * DENSE_STEP;
    for (int tap = 0; tap < taps; tap++) {
      for (int c = 0; c < l->in_channels; c++) {
        const ptrdiff_t at = (ptrdiff_t)tap * l->in_padded + (l->in_map ? l->in_map[c] : c);
        to[at / DENSE_STEP * DENSE_STEP * width + at % DENSE_STEP] = w[((ptrdiff_t)k * taps + tap) * l->in_channels + c];
      }
    }
  }
}

void NAME(int8_store_map)(uint8_t *map, const float *values, const float *factor, const float *addend, int stride,
                          int value_stride, int channels, ptrdiff_t pixels) {
  for (ptrdiff_t p = 0; p < pixels; p++, map += stride, values += value_stride) {
    for (int c = 0; c < channels; c += DENSE_LANES) {
      const vf z = LOAD(values + c) * LOAD(factor + c) + LOAD(addend + c);
      STORE_BYTES(map + c, ROUND_TO_BYTE(z));
    }
  }
}

void NAME(int8_read_map)(float *values, const uint8_t *map, const float *factor, const float *addend, int value_stride,
                         int stride, int channels, ptrdiff_t pixels) {
  for (ptrdiff_t p = 0; p < pixels; p++, map += stride, values += value_stride) {
    for (int c = 0; c < channels; c += DENSE_LANES) {
      STORE(values + c, __builtin_convertvector(LOAD_BYTES(map + c), vf) * LOAD(factor + c) + LOAD(addend + c));
    }
  }
}

#include "int8/stem.body.h"

#undef WIDENED
#undef STORE_CLAMPED
#undef WIDE
#undef WORDS
#undef NORMALIZED
