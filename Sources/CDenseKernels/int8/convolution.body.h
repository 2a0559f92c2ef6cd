// Inference over maps of bytes: a convolution, tile by tile, and the ways into such a map and out of it.

#include "int8/dot_product.body.h"
#include "int8/tiles.body.h"

/// One group of sums, `sums[count, width]`, scaled per channel: to bytes, or unrounded.
static void NAME(int8_epilogue)(const dense_conv_shape *s, const dense_int8_args *a, int channel, int width,
                                const int32_t *sums, const ptrdiff_t *offsets, int count) {
  for (int k = 0; k < width; k += DENSE_LANES) {
    const vf factor = LOAD(a->factor + channel + k), addend = LOAD(a->addend + channel + k);
    for (int i = 0; i < count; i++) {
      const vf value = __builtin_convertvector(*(const vi_unaligned *)(sums + i * width + k), vf) * factor + addend;
      const ptrdiff_t at = offsets[i] + channel + k;
      if (s->wide_output) STORE((float *)a->y + at, value); else STORE_BYTES((uint8_t *)a->y + at, ROUND_TO_BYTE(value));
    }
  }
}

void NAME(int8_convolution)(const dense_conv_shape *s, const dense_int8_args *a, int images, int tile_begin, int tile_end,
                            void *scratch) {
  int32_t sums[DENSE_PIXELS * DENSE_BLOCK] __attribute__((aligned(64)));
  const OPERAND *pixels[DENSE_PIXELS];
  ptrdiff_t offsets[DENSE_PIXELS];
  const int length = s->kernel_w * s->in_channels, taps = s->kernel_h * length, columns = input_columns(s);
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const int tile_rows = input_rows(s, rows);
    NAME(int8_fill)(scratch, s, a, image, count, row, tile_rows, columns);
    const int total = count * rows * s->out_width, groups = (total + DENSE_PIXELS - 1) / DENSE_PIXELS;
    const int step = (total + groups - 1) / groups;
    for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
      const int width = min_int(DENSE_BLOCK, s->out_channels - k);
      int n = 0, r = 0, c = 0;
      for (int p = 0; p < total; p += step) {
        const int group = min_int(step, total - p);
        for (int i = 0; i < group; i++) {
          const ptrdiff_t from = ((ptrdiff_t)n * tile_rows + r * s->stride_h) * columns + c * s->stride_w;
          pixels[i] = (const OPERAND *)scratch + from * s->in_channels;
          offsets[i] = (((ptrdiff_t)(image + n) * s->out_height + row + r) * s->out_width + c) * s->out_stride;
          if (++c < s->out_width) continue;
          c = 0;
          if (++r < rows) continue;
          r = 0;
          n++;
        }
        NAME(int8_dot_product)(group, width, sums, pixels, s->kernel_h, (ptrdiff_t)columns * s->in_channels, length,
                               (const WEIGHT *)a->weights + (ptrdiff_t)k * taps);
        NAME(int8_epilogue)(s, a, k, width, sums, offsets, group);
      }
    }
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

#undef STORE_OPERANDS
