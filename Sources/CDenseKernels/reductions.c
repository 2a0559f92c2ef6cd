#include "dense_kernels.h"

void dense_sum_rows(double *sum, const float *rows, ptrdiff_t row_count, ptrdiff_t stride, int count) {
  for (int c = 0; c < count; c++) sum[c] = 0.0;
  for (ptrdiff_t r = 0; r < row_count; r++) {
    for (int c = 0; c < count; c++) sum[c] += rows[r * stride + c];
  }
}

void dense_join_moments(float *mean, float *variance, const float *tile_mean, const float *tile_m2,
                        const int32_t *pixels, int tiles, int stride, int channels) {
  for (int c = 0; c < channels; c++) {
    double count = 0.0, center = 0.0, m2 = 0.0;
    for (int t = 0; t < tiles; t++) {
      const double n = pixels[t], delta = tile_mean[(ptrdiff_t)t * stride + c] - center, joined = count + n;
      m2 += tile_m2[(ptrdiff_t)t * stride + c] + delta * delta * count * n / joined;
      center += delta * n / joined;
      count = joined;
    }
    mean[c] = (float)center;
    variance[c] = (float)(m2 / count);
  }
}
