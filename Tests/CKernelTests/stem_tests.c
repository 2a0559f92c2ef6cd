#include "check.h"

// The first layers in one pass: convolution, batch norm, ReLU and max pool.

typedef struct {
  const char *name;
  int images, height, width, in, out, kernel_h, kernel_w, stride, pad;
  int pool, pool_stride, pool_pad;
} stem_case;

static const stem_case cases[] = {
  {"stem 7x7", 2, 17, 15, 1, 48, 7, 7, 2, 3, 3, 2, 1},
  {"stem of three channels", 2, 8, 9, 3, 16, 3, 5, 1, 1, 2, 2, 0},
  {"stem of few windows", 2, 7, 6, 1, 16, 5, 5, 1, 0, 2, 2, 0},
  {"stem 9x9", 1, 13, 14, 2, 16, 9, 9, 3, 4, 3, 1, 1},
};

/// Value v, [kernel_h, kernel_w * in], of the window of the convolution's output (row, column), less the center of its
/// channel, padding too.
static double window(const dense_conv_shape *s, array x, array center, place to, int v) {
  const int length = s->kernel_w * s->in_channels, c = v % s->in_channels;
  const int h = to.row * s->stride_h - s->pad_h + v / length;
  const int w = to.column * s->stride_w - s->pad_w + v % length / s->in_channels;
  const int inside = h >= 0 && h < s->height && w >= 0 && w < s->width;
  return (inside ? get(x, ((to.image * s->height + h) * s->width + w) * s->in_channels + c) : 0) - get(center, c);
}

/// The place in the convolution's output of place `index` of a pooling window.
static place pooled_from(const dense_pool_shape *s, int pixel, int index) {
  const place to = place_of(pixel, s->out_height, s->out_width);
  return (place){to.image, to.row * s->stride - s->pad + index / s->kernel, to.column * s->stride - s->pad + index % s->kernel};
}

static void test_moments(table t, const char *name, const dense_stem_shape *shape, array x, array center, int images) {
  const dense_conv_shape *s = &shape->conv;
  const int rows = s->kernel_h, in = s->in_channels, length = s->kernel_w * in, taps = rows * length, lags = dense_stem_lags(s);
  const array sums = filled(DENSE_FP32, taps, 1), lagged = filled(DENSE_FP32, rows * taps * lags, 1);
  for (int n = images - 1; n >= 0; n--) {
    const array scratch = filled(DENSE_FP32, (int)dense_stem_scratch(shape), NAN);
    t.kernels->stem_moments(sums.data, lagged.data, x.data, center.data, s, n, n + 1, scratch.data);
  }
  const array products = filled(DENSE_FP32, taps * taps, NAN);  // of values (r, p) and (r + d, q)
  double *wanted = exact(products), *wanted_sums = exact(filled(DENSE_FP32, taps, 1)), *values = take(taps, sizeof(double));
  for (int to = 0; to < images * s->out_height * s->out_width; to++) {
    for (int v = 0; v < taps; v++) {
      values[v] = window(s, x, center, place_of(to, s->out_height, s->out_width), v);
      wanted_sums[v] += values[v];
    }
    for (int i = 0; i < taps * taps; i++) {
      const int first = i / taps, second = i % taps, d = second / length - first / length, p = first % length;
      if (d < 0) continue;
      const int lag = second % length - p / in * in + (s->kernel_w - 1) * in;
      if (to == 0) {
        wanted[i] = 1;
        set(products, i, get(lagged, ((first / length * rows + d) * length + p) * lags + lag));
      }
      wanted[i] += values[first] * values[second];
    }
  }
  expect(t, name, "window sums", sums, wanted_sums, 1e-5);
  expect(t, name, "window products", products, wanted, 1e-5);
}

static void test_forward(table t, const char *name, const dense_stem_shape *shape, array y, uint8_t *argmax, array x, int images) {
  const dense_conv_shape *s = &shape->conv;
  const dense_pool_shape *pool = &shape->pool;
  const int out = s->out_channels, area = s->out_height * s->out_width, pixels = images * pool->out_height * pool->out_width;
  const array weights = uniform(DENSE_FP32, out * s->kernel_h * s->kernel_w * s->in_channels, -1, 1);
  const array scale = uniform(DENSE_FP32, out, -2, 2), shift = uniform(DENSE_FP32, out, -2, 1);
  const array packed = filled(DENSE_FP32, weights.count, 0);
  const dense_weight_layout layout = {out, s->in_channels, out, s->in_channels, s->kernel_h, s->kernel_w, NULL, 0};
  dense_kernels_for(DENSE_ISA_GENERIC, DENSE_FP32)->pack_weights(packed.data, weights.data, &layout, 0, out);
  const array mean = filled(DENSE_FP32, images * out, NAN), m2 = filled(DENSE_FP32, images * out, NAN);
  for (int n = images - 1; n >= 0; n--) {
    const array scratch = filled(DENSE_FP32, (int)dense_stem_scratch(shape), NAN);
    const dense_stem_forward_args args = {y.data, argmax + n * pixels / images * out, mean.data, m2.data, x.data, scale.data,
                                          shift.data, packed.data, n, 0, shape->pool.out_height};
    t.kernels->stem_forward(shape, &args, n, n + 1, scratch.data);
  }

  double *z = take((size_t)images * area * out, sizeof(double)), *wanted = exact(filled(DENSE_FP32, y.count, NAN));
  convolve(z, NULL, NULL, exact(x), exact(weights), NULL, s, images);
  int *image = take(pixels, sizeof(int)), places_are_right = 1;
  for (int at = 0; at < pixels * out; at++) {
    const int c = at % out;
    double best = -1;
    int best_index = 0;
    for (int index = 0; index < pool->kernel * pool->kernel; index++) {
      const place from = pooled_from(pool, at / out, index);
      if (from.row < 0 || from.column < 0 || from.row >= s->out_height || from.column >= s->out_width) continue;
      const double value = z[(from.image * area + from.row * s->out_width + from.column) * out + c];
      const double rectified = fmax(value * get(scale, c) + get(shift, c), 0);
      if (rectified > best) {
        best = rectified;
        best_index = index;
      }
      image[at / out] = from.image;
    }
    wanted[at / out * pool->y_stride + c] = best;
    places_are_right &= argmax[at] == best_index;
  }
  expect(t, name, "y", y, wanted, 1e-5);
  expect_true(t, "argmax of the stem", places_are_right);
  expect_moments(t, name, mean, m2, y, pool->y_stride, image, pixels);
}

static void test_backward(table t, const char *name, const dense_stem_shape *shape, array y, const uint8_t *argmax, array x,
                          array center, int images) {
  const dense_conv_shape *s = &shape->conv;
  const int length = s->kernel_w * s->in_channels, taps = s->kernel_h * length, padded_taps = dense_stem_taps(s);
  const int out = s->out_channels, y_stride = shape->pool.y_stride, dy_stride = y_stride + DENSE_LANES;
  const int pixels = images * shape->pool.out_height * shape->pool.out_width;
  const array dy = uniform(t.precision, (pixels - 1) * dy_stride + out, -1, 1), y_mean = uniform(DENSE_FP32, out, 0, 1);
  const array defer_a = uniform(DENSE_FP32, out, -1, 1), defer_b = uniform(DENSE_FP32, out, -0.1, 0.1);
  const array blocks = filled(DENSE_FP32, out * padded_taps, 1), sums = filled(DENSE_FP32, out, 1);
  for (int n = images - 1; n >= 0; n--) {
    const array scratch = filled(DENSE_FP32, (int)dense_stem_scratch(shape), NAN);
    const dense_stem_backward_args args = {blocks.data, sums.data, dy.data, y.data, defer_a.data, defer_b.data, y_mean.data,
                                           argmax + n * pixels / images * out, x.data, center.data, dy_stride, n};
    t.kernels->stem_backward(shape, &args, n, n + 1, scratch.data);
  }

  const array products = filled(DENSE_FP32, out * taps, 1);
  double *wanted = exact(products), *wanted_sums = exact(filled(DENSE_FP32, out, 1));
  for (int at = 0; at < pixels * out; at++) {
    const int c = at % out;
    const double value = get(y, at / out * y_stride + c);
    if (value <= 0) continue;
    const double dz = get(dy, at / out * dy_stride + c) + get(defer_a, c) + get(defer_b, c) * (value - get(y_mean, c));
    const place from = pooled_from(&shape->pool, at / out, argmax[at]);
    wanted_sums[c] += dz;
    for (int v = 0; v < taps; v++) wanted[c * taps + v] += dz * window(s, x, center, from, v);
  }
  for (int i = 0; i < products.count; i++) {
    const int r = i % taps / length, v = i % length, block = r / 8 * (round_to(length, 8) / 8) + v / 8;
    set(products, i, get(blocks, i / taps * padded_taps + (block * 8 + r % 8) * 8 + v % 8));
  }
  expect(t, name, "products", products, wanted, 1e-5);
  expect(t, name, "sums", sums, wanted_sums, 1e-5);
}

void test_stem(table t) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const stem_case *k = &cases[i];
    const int height = (k->height + 2 * k->pad - k->kernel_h) / k->stride + 1;
    const int width = (k->width + 2 * k->pad - k->kernel_w) / k->stride + 1;
    const int down = (height + 2 * k->pool_pad - k->pool) / k->pool_stride + 1;
    const int across = (width + 2 * k->pool_pad - k->pool) / k->pool_stride + 1;
    const int y_stride = k->out + DENSE_LANES, pixels = k->images * down * across;
    const dense_stem_shape shape = {
      {k->height, k->width, k->in, k->in, height, width, k->out, k->out, k->kernel_h, k->kernel_w, k->stride, k->stride,
       k->pad, k->pad, 1, 1, 1, 1, 1, height, 0, 0},
      {height, width, k->out, k->out, down, across, y_stride, k->pool, k->pool_stride, k->pool_pad}};
    const array x = uniform(DENSE_FP32, k->images * k->height * k->width * k->in, 0, 1);
    const array center = uniform(DENSE_FP32, k->in, 0.4, 0.6), y = filled(t.precision, (pixels - 1) * y_stride + k->out, NAN);
    uint8_t *argmax = take((size_t)pixels * k->out, 1);
    test_moments(t, k->name, &shape, x, center, k->images);
    test_forward(t, k->name, &shape, y, argmax, x, k->images);
    test_backward(t, k->name, &shape, y, argmax, x, center, k->images);
    release_memory();
  }
}
