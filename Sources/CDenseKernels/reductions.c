#include "dense_kernels.h"

void dense_sum_rows(double *sum, const float *rows, ptrdiff_t row_count, ptrdiff_t stride, int count) {
  for (int c = 0; c < count; c++) sum[c] = 0.0;
  for (ptrdiff_t r = 0; r < row_count; r++) {
    for (int c = 0; c < count; c++) sum[c] += rows[r * stride + c];
  }
}

/// Adds one channel's tiles to the mean of `count` values and the sum of squares around it.
/// -> values in all
static double join_channel(double *mean, double *m2, double count, const float *tile_mean, const float *tile_m2,
                           const int32_t *pixels, int tiles, int stride) {
  double center = *mean, squares = *m2;
  for (int t = 0; t < tiles; t++) {
    const double n = pixels[t], delta = tile_mean[(ptrdiff_t)t * stride] - center, joined = count + n;
    squares += tile_m2[(ptrdiff_t)t * stride] + delta * delta * count * n / joined;
    center += delta * n / joined;
    count = joined;
  }
  *mean = center;
  *m2 = squares;
  return count;
}

void dense_join_moments(float *mean, float *variance, const float *tile_mean, const float *tile_m2,
                        const int32_t *pixels, int tiles, int stride, int channels) {
  for (int c = 0; c < channels; c++) {
    double center = 0.0, m2 = 0.0;
    const double count = join_channel(&center, &m2, 0.0, tile_mean + c, tile_m2 + c, pixels, tiles, stride);
    mean[c] = (float)center;
    variance[c] = (float)(m2 / count);
  }
}

void dense_add_moments(double *mean, double *m2, double count, const float *tile_mean, const float *tile_m2,
                       const int32_t *pixels, int tiles, int stride, int channels) {
  for (int c = 0; c < channels; c++) {
    join_channel(mean + c, m2 + c, count, tile_mean + c, tile_m2 + c, pixels, tiles, stride);
  }
}
