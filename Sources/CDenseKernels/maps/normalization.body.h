#include "maps/moments.body.h"

// Batch norm over whole padded maps, for the layer that stands alone.

void NAME(moments)(float *mean, float *m2, const void *x, int stride, int channels, int rows, int columns) {
  NAME(region_moments)(mean, m2, x, 0, (ptrdiff_t)columns * stride, stride, 1, rows, columns, channels);
}

void NAME(affine)(void *y_map, const void *x_map, const float *scale, const float *shift, int stride, int channels,
                  ptrdiff_t pixels) {
  const MAP *x = x_map;
  MAP *y = y_map;
  for (ptrdiff_t p = 0; p < pixels; p++, x += stride, y += stride) {
    for (int c = 0; c < channels; c += DENSE_LANES) STORE_MAP(y + c, LOAD_MAP(x + c) * LOAD(scale + c) + LOAD(shift + c));
  }
}

void NAME(norm_sums)(float *sums, const void *dy_map, const void *x_map, const float *mean, int stride, int channels,
                     int rows, int columns) {
  const MAP *dy = dy_map, *x = x_map;
  for (int c = 0; c < channels; c += DENSE_LANES) {
    const vf center = LOAD(mean + c);
    vf sum = SPLAT(0.0f), sum_x = SPLAT(0.0f);
    for (int r = 0; r < rows; r++) {
      const ptrdiff_t first = (ptrdiff_t)r * columns * stride + c;
      vf row = SPLAT(0.0f), row_x = SPLAT(0.0f);
      for (int i = 0; i < columns; i++) {
        const vf g = LOAD_MAP(dy + first + (ptrdiff_t)i * stride);
        row += g;
        row_x += g * (LOAD_MAP(x + first + (ptrdiff_t)i * stride) - center);
      }
      sum += row;
      sum_x += row_x;
    }
    STORE(sums + c, sum);
    STORE(sums + channels + c, sum_x);
  }
}

void NAME(norm_backward)(void *dx_map, const void *dy_map, const void *x_map, const float *mean, const float *scale,
                         const float *a, const float *b, int stride, int channels, ptrdiff_t pixels) {
  const MAP *dy = dy_map, *x = x_map;
  MAP *dx = dx_map;
  for (ptrdiff_t p = 0; p < pixels; p++, dx += stride, dy += stride, x += stride) {
    for (int c = 0; c < channels; c += DENSE_LANES) {
      STORE_MAP(dx + c, LOAD(scale + c) * LOAD_MAP(dy + c) + LOAD(a + c) + LOAD(b + c) * (LOAD_MAP(x + c) - LOAD(mean + c)));
    }
  }
}
