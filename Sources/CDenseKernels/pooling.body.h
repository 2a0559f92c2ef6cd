#include "moments.body.h"

// Pools over padded maps, with the batch norm and ReLU in front of a max pool applied on load.

void NAME(max_pool_forward)(float *y, uint8_t *argmax, float *mean, float *m2, const float *x, const float *scale,
                            const float *shift, const dense_pool_shape *s, int image_begin, int image_end) {
  const ptrdiff_t x_row = (ptrdiff_t)s->width * s->x_stride, y_row = (ptrdiff_t)s->out_width * s->y_stride;
  for (int n = image_begin; n < image_end; n++) {
    const float *map = x + n * x_row * s->height;
    float *out = y + n * y_row * s->out_height;
    uint8_t *indices = argmax ? argmax + (ptrdiff_t)n * s->out_height * s->out_width * s->channels : NULL;
    for (int i = 0; i < s->out_height; i++) {
      const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
      for (int j = 0; j < s->out_width; j++) {
        const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
        for (int c = 0; c < s->channels; c += DENSE_LANES) {
          const vf factor = scale ? LOAD(scale + c) : SPLAT(1.0f), offset = scale ? LOAD(shift + c) : SPLAT(0.0f);
          vf best = SPLAT(-__builtin_inff());
          vi at = (vi)((h0 - top) * s->kernel + w0 - left);
          for (int h = h0; h < h1; h++) {
            const float *row = map + h * x_row + c;
            for (int w = w0; w < w1; w++) {
              vf z = LOAD(row + (ptrdiff_t)w * s->x_stride);
              if (scale) {
                z = z * factor + offset;
                z = RELU(z);
              }
              const vi better = (z > best) | (z != z);  // a NaN wins, as PyTorch's does
              best = better ? z : best;
              at = better ? (vi)((h - top) * s->kernel + w - left) : at;
            }
          }
          STORE(out + i * y_row + (ptrdiff_t)j * s->y_stride + c, best);
          if (indices) STORE_BYTES(indices + ((ptrdiff_t)i * s->out_width + j) * s->channels + c, at);
        }
      }
    }
    if (mean) {
      const ptrdiff_t t = (ptrdiff_t)n * s->channels;
      NAME(region_moments)(mean + t, m2 + t, out, 0, y_row, s->y_stride, 1, s->out_height, s->out_width, s->channels);
    }
  }
}

void NAME(max_pool_sums)(float *sums, const float *x, const float *scale, const float *shift, const float *mean,
                         const dense_unpool_args *u, const dense_pool_shape *s, int image_begin, int image_end) {
  const ptrdiff_t x_row = (ptrdiff_t)s->width * s->x_stride;
  for (int n = image_begin; n < image_end; n++) {
    const float *map = x + n * x_row * s->height;
    float *sum = sums + (ptrdiff_t)n * 2 * s->channels;
    for (int c = 0; c < s->channels; c += DENSE_LANES) {
      const vf factor = LOAD(scale + c), offset = LOAD(shift + c), center = LOAD(mean + c);
      const vf ua = LOAD(u->defer_a + c), ub = LOAD(u->defer_b + c), um = LOAD(u->y_mean + c);
      vf total = SPLAT(0.0f), total_x = SPLAT(0.0f);
      for (int i = 0; i < s->out_height; i++) {
        const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
        vf row_sum = SPLAT(0.0f), row_sum_x = SPLAT(0.0f);
        for (int j = 0; j < s->out_width; j++) {
          const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
          const ptrdiff_t at = ((ptrdiff_t)n * s->out_height + i) * s->out_width + j;
          const vf dy = LOAD(u->dy + at * u->dy_stride + c) + ua + ub * (LOAD(u->y + at * u->y_stride + c) - um);
          const vi index = LOAD_BYTES(u->argmax + at * s->channels + c);
          vf chosen = SPLAT(0.0f);
          for (int h = h0; h < h1; h++) {
            for (int w = w0; w < w1; w++) {
              const int32_t position = (h - top) * s->kernel + w - left;
              chosen = index == (vi)position ? LOAD(map + h * x_row + (ptrdiff_t)w * s->x_stride + c) : chosen;
            }
          }
          const vf z = chosen * factor + offset, dz = z > SPLAT(0.0f) ? dy : SPLAT(0.0f);
          row_sum += dz;
          row_sum_x += dz * (chosen - center);
        }
        total += row_sum;
        total_x += row_sum_x;
      }
      STORE(sum + c, total);
      STORE(sum + s->channels + c, total_x);
    }
  }
}

void NAME(max_pool_backward)(float *dx, const float *dy, const uint8_t *argmax, const dense_pool_shape *s,
                             int image_begin, int image_end) {
  for (int n = image_begin; n < image_end; n++) {
    float *map = dx + (ptrdiff_t)n * s->height * s->width * s->x_stride;
    memset(map, 0, (size_t)s->height * s->width * s->x_stride * sizeof(float));
    for (int i = 0; i < s->out_height; i++) {
      for (int j = 0; j < s->out_width; j++) {
        const ptrdiff_t at = ((ptrdiff_t)n * s->out_height + i) * s->out_width + j;
        for (int c = 0; c < s->channels; c++) {
          const int index = argmax[at * s->channels + c];
          const int h = i * s->stride - s->pad + index / s->kernel, w = j * s->stride - s->pad + index % s->kernel;
          map[((ptrdiff_t)h * s->width + w) * s->x_stride + c] += dy[at * s->y_stride + c];
        }
      }
    }
  }
}

void NAME(avg_pool_forward)(float *y, const float *x, const dense_pool_shape *s, int image_begin, int image_end) {
  const float inverse = 1.0f / ((float)s->kernel * (float)s->kernel);
  for (int n = image_begin; n < image_end; n++) {
    for (int i = 0; i < s->out_height; i++) {
      const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
      for (int j = 0; j < s->out_width; j++) {
        const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
        float *out = y + (((ptrdiff_t)n * s->out_height + i) * s->out_width + j) * s->y_stride;
        for (int c = 0; c < s->channels; c += DENSE_LANES) {
          vf sum = SPLAT(0.0f);
          for (int h = h0; h < h1; h++) {
            for (int w = w0; w < w1; w++) sum += LOAD(x + (((ptrdiff_t)n * s->height + h) * s->width + w) * s->x_stride + c);
          }
          STORE(out + c, sum * inverse);
        }
      }
    }
  }
}

void NAME(avg_pool_backward)(float *dx, const float *dy, const dense_pool_shape *s, int image_begin, int image_end) {
  const float inverse = 1.0f / ((float)s->kernel * (float)s->kernel);
  for (int n = image_begin; n < image_end; n++) {
    float *map = dx + (ptrdiff_t)n * s->height * s->width * s->x_stride;
    memset(map, 0, (size_t)s->height * s->width * s->x_stride * sizeof(float));
    for (int i = 0; i < s->out_height; i++) {
      const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
      for (int j = 0; j < s->out_width; j++) {
        const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
        const float *gradient = dy + (((ptrdiff_t)n * s->out_height + i) * s->out_width + j) * s->y_stride;
        for (int h = h0; h < h1; h++) {
          for (int w = w0; w < w1; w++) {
            float *pixel = map + ((ptrdiff_t)h * s->width + w) * s->x_stride;
            for (int c = 0; c < s->channels; c += DENSE_LANES) {
              STORE(pixel + c, LOAD(pixel + c) + LOAD(gradient + c) * inverse);
            }
          }
        }
      }
    }
  }
}
