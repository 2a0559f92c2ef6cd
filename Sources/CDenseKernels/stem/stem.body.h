#include "microkernels/dot_product.body.h"
#include "maps/moments.body.h"

// The first layers. Their batch norm's statistics follow from the moments of the input's windows (the convolution is
// linear), and all gradients from the sum of dz times the window at each pooled maximum: so the convolution's output,
// the largest map of a network, is never stored, and most of its gradient, which is zero, never made.

void NAME(stem_forward)(const dense_stem_shape *shape, const dense_stem_forward_args *a, int image_begin, int image_end,
                        float *scratch) {
  const dense_conv_shape *c = &shape->conv;
  const dense_pool_shape *s = &shape->pool;
  const int channels = c->out_channels, length = c->kernel_w * c->in_channels, taps = c->kernel_h * length;
  const int band = stem_band_rows(shape);
  const ptrdiff_t y_row = (ptrdiff_t)s->out_width * s->y_stride, z_row = (ptrdiff_t)c->out_width * channels;
  float *z = scratch + stem_input_floats(c);
  for (int n = image_begin; n < image_end; n++) {
    const int seen = max_int(0, a->row_begin * s->stride - s->pad), end = min_int(c->out_height, (a->row_end - 1) * s->stride - s->pad + s->kernel);
    const stem_input in = stem_fill(scratch, c, a->x + (ptrdiff_t)n * c->height * c->width * c->in_channels, NULL,
                                    seen * c->stride_h, (end - 1) * c->stride_h + c->kernel_h);
    MAP *y = (MAP *)a->y + n * s->out_height * y_row;
    uint8_t *argmax = a->argmax ? a->argmax + (ptrdiff_t)(n - a->argmax_image) * s->out_height * s->out_width * channels : NULL;
    int z_first = 0, z_end = 0;  // rows of the convolution's output that z holds
    for (int i0 = a->row_begin; i0 < a->row_end; i0 += band) {
      const int i1 = min_int(i0 + band, a->row_end);
      const int first = max_int(0, i0 * s->stride - s->pad), last = min_int(c->out_height, (i1 - 1) * s->stride - s->pad + s->kernel);
      // Convolution, batch norm and ReLU of the rows that these windows see and those before them did not.
      const int held = max_int(0, z_end - first), total = (last - first - held) * c->out_width;
      if (held > 0) memmove(z, z + (first - z_first) * z_row, (size_t)(held * z_row) * sizeof(float));
      z_first = first;
      z_end = last;
      for (int k = 0; k < channels; k += DENSE_BLOCK) {
        const int width = min_int(DENSE_BLOCK, channels - k);
        const int groups = max_int(1, (total + DENSE_PIXELS - 1) / DENSE_PIXELS), step = (total + groups - 1) / groups;
        float results[DENSE_PIXELS * DENSE_BLOCK] __attribute__((aligned(64)));
        int row = first + held, column = 0;
        for (int p = 0; p < total; p += step) {
          const int count = min_int(step, total - p);
          const float *pixels[DENSE_PIXELS];
          for (int i = 0; i < count; i++) {
            pixels[i] = in.data + (ptrdiff_t)row * c->stride_h * in.row + (ptrdiff_t)column * c->stride_w * c->in_channels;
            if (++column == c->out_width) {
              column = 0;
              row++;
            }
          }
          NAME(dot_product)(count, width, results, 0, pixels, c->kernel_h, in.row, length, a->weights + (ptrdiff_t)k * taps);
          for (int v = 0; v < width; v += DENSE_LANES) {
            const vf scale = LOAD(a->scale + k + v), shift = LOAD(a->shift + k + v);
            for (int i = 0; i < count; i++) {
              const vf value = LOAD(results + i * width + v) * scale + shift;
              STORE(z + held * z_row + (ptrdiff_t)(p + i) * channels + k + v, RELU(value));
            }
          }
        }
      }
      for (int i = i0; i < i1; i++) {
        const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
        for (int j = 0; j < s->out_width; j++) {
          const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
          for (int k = 0; k < channels; k += DENSE_LANES) {
            const float *map = z - first * z_row + k;
            MAP *to = y + i * y_row + (ptrdiff_t)j * s->y_stride + k;
            if (argmax) {
              vf best;
              vi index;
              WINDOW_MAXIMUM(best, index, LOAD, map, z_row, channels);
              STORE_MAP(to, best);
              STORE_BYTES(argmax + ((ptrdiff_t)i * s->out_width + j) * channels + k, index);
            } else {
              vf best = SPLAT(-__builtin_inff());
              for (int h = h0; h < h1; h++) {
                for (int w = w0; w < w1; w++) {
                  const vf candidate = LOAD(map + h * z_row + w * (ptrdiff_t)channels);
                  const vi better = (candidate > best) | (candidate != candidate);
                  best = better ? candidate : best;
                }
              }
              STORE_MAP(to, best);
            }
          }
        }
      }
    }
    if (a->mean) {
      const ptrdiff_t t = (ptrdiff_t)n * channels;
      NAME(region_moments)(a->mean + t, a->m2 + t, y, 0, y_row, s->y_stride, 1, s->out_height, s->out_width, channels);
    }
  }
}

/// products[channels, taps] += dz of `count` pooled pixels times the window of each one's maximum, for one vector of
/// channels. Eight rows of eight values stay in registers.
static void NAME(stem_accumulate)(float *products, int taps, const dense_conv_shape *c, const float gradients[][DENSE_LANES],
                                  const ptrdiff_t winners[][DENSE_LANES], const float *input, int count, ptrdiff_t row) {
  const int length = c->kernel_w * c->in_channels;
  for (int lane = 0; lane < DENSE_LANES; lane++) {
    float *block = products + (ptrdiff_t)lane * taps;
    for (int r = 0; r < c->kernel_h; r += STEM_SIDE) {
      for (int t = 0; t < length; t += STEM_SIDE, block += STEM_SIDE * STEM_SIDE) {
        v8 acc[STEM_SIDE];
        FULLY_UNROLLED for (int i = 0; i < STEM_SIDE; i++) acc[i] = *(const v8_unaligned *)(block + i * STEM_SIDE);
        for (int p = 0; p < count; p++) {
          const float *window = input + winners[p][lane] + r * row + t;
          const v8 g = (v8)(gradients[p][lane]);
          FULLY_UNROLLED for (int i = 0; i < STEM_SIDE; i++) acc[i] += g * *(const v8_unaligned *)(window + i * row);
        }
        FULLY_UNROLLED for (int i = 0; i < STEM_SIDE; i++) *(v8_unaligned *)(block + i * STEM_SIDE) = acc[i];
      }
    }
  }
}

void NAME(stem_backward)(const dense_stem_shape *shape, const dense_stem_backward_args *a, int image_begin, int image_end,
                         float *scratch) {
  const dense_conv_shape *c = &shape->conv;
  const dense_pool_shape *s = &shape->pool;
  const int channels = c->out_channels, taps = dense_stem_taps(c);
  const ptrdiff_t row_step = stem_row(c) * c->stride_h, column_step = (ptrdiff_t)c->stride_w * c->in_channels;
  ptrdiff_t places[256];  // where a window's maximum lies, from the window's first
  for (int at = 0; at < s->kernel * s->kernel; at++) {
    places[at] = at / s->kernel * row_step + at % s->kernel * column_step;
  }
  for (int n = image_begin; n < image_end; n++) {
    const stem_input in = stem_fill(scratch, c, a->x + (ptrdiff_t)n * c->height * c->width * c->in_channels, a->center, 0, stem_rows(c));
    const int total = s->out_height * s->out_width;
    const uint8_t *argmax = a->argmax + (ptrdiff_t)(n - a->argmax_image) * total * channels;
    for (int p = 0; p < total; p += STEM_PIXELS) {
      const int count = min_int(STEM_PIXELS, total - p);
      ptrdiff_t windows[STEM_PIXELS];
      for (int i = 0; i < count; i++) {
        const int row = (p + i) / s->out_width * s->stride - s->pad, column = (p + i) % s->out_width * s->stride - s->pad;
        windows[i] = row * row_step + column * column_step;
      }
      for (int k = 0; k < channels; k += DENSE_LANES) {
        float gradients[STEM_PIXELS][DENSE_LANES] __attribute__((aligned(64)));
        ptrdiff_t winners[STEM_PIXELS][DENSE_LANES];
        const vf shift = LOAD(a->defer_a + k), slope = LOAD(a->defer_b + k), mean = LOAD(a->y_mean + k);
        vf sum = SPLAT(0.0f);
        for (int i = 0; i < count; i++) {
          const ptrdiff_t at = (ptrdiff_t)n * total + p + i;
          const vf y = LOAD_MAP((const MAP *)a->y + at * s->y_stride + k);
          const vf dy = LOAD_MAP((const MAP *)a->dy + at * a->dy_stride + k) + shift + slope * (y - mean);
          const vf dz = y > SPLAT(0.0f) ? dy : SPLAT(0.0f);
          sum += dz;
          STORE(gradients[i], dz);
          for (int lane = 0; lane < DENSE_LANES; lane++) winners[i][lane] = windows[i] + places[argmax[(ptrdiff_t)(p + i) * channels + k + lane]];
        }
        STORE(a->sums + k, LOAD(a->sums + k) + sum);
        NAME(stem_accumulate)(a->products + (ptrdiff_t)k * taps, taps, c, gradients, winners, in.data, count, in.row);
      }
    }
  }
}

/// sums[d, k, v] += over columns from..to by `step`: the input's channel k there times vector v of row d's values around it.
ALWAYS_INLINE void NAME(stem_products)(const int rows, const int channels, const int vectors, vf *sums, const float *value,
                                       const float *around, ptrdiff_t row, int from, int to, int step, int pixel) {
  for (int u = from; u <= to; u += step) {
    FULLY_UNROLLED for (int d = 0; d < rows; d++) {
      FULLY_UNROLLED for (int v = 0; v < vectors; v++) {
        const vf near = LOAD(around + d * row + u * pixel + v * DENSE_LANES);
        FULLY_UNROLLED for (int k = 0; k < channels; k++) {
          sums[(d * channels + k) * vectors + v] += SPLAT(value[u * pixel + k]) * near;
        }
      }
    }
  }
}

/// The second moments of row h's values with those of `rows` rows from h + d0 on: `block` channels and `vectors` vectors of
/// lags at a time, whose sums stay in registers. A load serves a block of channels.
///
/// Windows one step apart see the same products but for the first and the last: they are summed once over the columns
/// that all windows share, and completed at both ends.
/// - r0, r1: the first and the last row of a window that row h can be.
ALWAYS_INLINE void NAME(stem_row_moments)(const int rows, const int block, const int vectors, float *products, const stem_input *in,
                                          int h, int d0, const dense_conv_shape *s, int r0, int r1) {
  const int channels = s->in_channels, length = s->kernel_w * channels, lags = dense_stem_lags(s), step = s->stride_w;
  const int span = step * (s->out_width - 1);  // from the first to the last window's column
  const float *row = in->data + h * in->row;
  for (int k0 = 0; k0 < channels; k0 += block) {
    for (int v0 = 0; v0 < lags; v0 += vectors * DENSE_LANES) {
      const float *around = row + d0 * in->row - (s->kernel_w - 1) * channels + v0;
      for (int class = 0; class < min_int(step, s->kernel_w); class++) {
        const int greatest = class + (s->kernel_w - 1 - class) / step * step;  // window column of this class
        vf shared[STEM_SUMS];
        FULLY_UNROLLED for (int i = 0; i < rows * block * vectors; i++) shared[i] = SPLAT(0.0f);
        NAME(stem_products)(rows, block, vectors, shared, row + k0, around, in->row, greatest, class + span, step, channels);
        for (int column = class; column <= greatest; column += step) {
          vf total[STEM_SUMS];
          FULLY_UNROLLED for (int i = 0; i < rows * block * vectors; i++) total[i] = shared[i];
          NAME(stem_products)(rows, block, vectors, total, row + k0, around, in->row, column, min_int(greatest - step, column + span), step, channels);
          NAME(stem_products)(rows, block, vectors, total, row + k0, around, in->row, max_int(class + span + step, greatest), column + span, step, channels);
          for (int d = 0; d < rows; d++) {
            for (int r = r0; r <= r1 && r + d0 + d < s->kernel_h; r += s->stride_h) {
              float *to = products + (((ptrdiff_t)r * s->kernel_h + d0 + d) * length + column * channels + k0) * lags + v0;
              for (int k = 0; k < block; k++, to += lags) {
                for (int v = 0; v < vectors; v++) {
                  STORE(to + v * DENSE_LANES, LOAD(to + v * DENSE_LANES) + total[(d * block + k) * vectors + v]);
                }
              }
            }
          }
        }
      }
    }
  }
}

void NAME(stem_moments)(float *sums, float *products, const float *x, const float *center, const dense_conv_shape *s,
                        int image_begin, int image_end, float *scratch) {
  const int channels = s->in_channels, length = s->kernel_w * channels, step = s->stride_w;
  const int span = step * (s->out_width - 1);
  for (int n = image_begin; n < image_end; n++) {
    const stem_input in = stem_fill(scratch, s, x + (ptrdiff_t)n * s->height * s->width * channels, center, 0, stem_rows(s));
    for (int h = 0; h < in.rows; h++) {
      const float *row = in.data + h * in.row;
      // Windows' rows r that are this one: r = h - stride * i for an output row i.
      const int r0 = max_int(h % s->stride_h, h - (s->out_height - 1) * s->stride_h), r1 = min_int(h, s->kernel_h - 1);
      for (int t = 0; t < length; t += DENSE_LANES) {
        vf sum = SPLAT(0.0f);
        for (int u = 0; u <= span; u += step) sum += LOAD(row + u * channels + t);
        float lanes[DENSE_LANES];
        STORE(lanes, sum);
        for (int r = r0; r <= r1; r += s->stride_h) {
          for (int i = 0; i < min_int(DENSE_LANES, length - t); i++) sums[r * length + t + i] += lanes[i];
        }
      }
      // Rows below are seen by the windows whose row r0 this one is, if by any.
      for (int d = 0; d < s->kernel_h - r0;) {
#if DENSE_VECTORS == 2
        if (channels % 3 == 0 && dense_stem_lags(s) % (3 * DENSE_LANES) == 0) {
          if (d + 3 <= s->kernel_h - r0) {
            NAME(stem_row_moments)(3, 3, 3, products, &in, h, d, s, r0, r1);
            d += 3;
          } else {
            NAME(stem_row_moments)(1, 3, 3, products, &in, h, d, s, r0, r1);
            d += 1;
          }
          continue;
        }
#endif
        if (channels % 3 == 0) {
          NAME(stem_row_moments)(2, 3, 1, products, &in, h, d, s, r0, r1);
          d += 2;
        } else {
          NAME(stem_row_moments)(STEM_SIDE, 1, 1, products, &in, h, d, s, r0, r1);
          d += STEM_SIDE;
        }
      }
    }
  }
}
