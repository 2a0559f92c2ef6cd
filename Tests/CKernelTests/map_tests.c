#include "check.h"

// Kernels over whole maps: batch norm that stands alone, values in and out, pools.

enum { ROWS = 3, COLUMNS = 5, PIXELS = ROWS * COLUMNS, CHANNELS = 32, STRIDE = 48, MAP = (PIXELS - 1) * STRIDE + CHANNELS };

static void test_norm(table t) {
  const array x = uniform(t.precision, MAP, 3, 4), dy = uniform(t.precision, MAP, -1, 1);
  const array mean = filled(DENSE_FP32, CHANNELS, NAN), m2 = filled(DENSE_FP32, CHANNELS, NAN);
  const array scale = uniform(DENSE_FP32, CHANNELS, -2, 2), shift = uniform(DENSE_FP32, CHANNELS, -1, 1);
  const array slope = uniform(DENSE_FP32, CHANNELS, -1, 1), center = uniform(DENSE_FP32, CHANNELS, 3, 4);
  const array y = filled(t.precision, MAP, NAN), dx = filled(t.precision, MAP, NAN);
  const array sums = filled(DENSE_FP32, 2 * CHANNELS, NAN);
  t.kernels->moments(mean.data, m2.data, x.data, STRIDE, CHANNELS, ROWS, COLUMNS);
  t.kernels->affine(y.data, x.data, scale.data, shift.data, STRIDE, CHANNELS, PIXELS);
  t.kernels->norm_sums(sums.data, dy.data, x.data, center.data, STRIDE, CHANNELS, ROWS, COLUMNS);
  t.kernels->norm_backward(dx.data, dy.data, x.data, center.data, scale.data, shift.data, slope.data, STRIDE, CHANNELS, PIXELS);

  const int tile[PIXELS] = {0};
  double wanted_sums[2 * CHANNELS] = {0}, *wanted_y = exact(y), *wanted_dx = exact(dx);
  for (int i = 0; i < PIXELS * CHANNELS; i++) {
    const int c = i % CHANNELS, at = i / CHANNELS * STRIDE + c;
    const double value = get(x, at), gradient = get(dy, at), deviation = value - get(center, c);
    wanted_sums[c] += gradient;
    wanted_sums[CHANNELS + c] += gradient * deviation;
    wanted_y[at] = value * get(scale, c) + get(shift, c);
    wanted_dx[at] = get(scale, c) * gradient + get(shift, c) + get(slope, c) * deviation;
  }
  expect_moments(t, "moments", mean, m2, x, STRIDE, tile, PIXELS);
  const array far = uniform(t.precision, MAP, 1000, t.precision == DENSE_BF16 ? 1016 : 1000.01);
  t.kernels->moments(mean.data, m2.data, far.data, STRIDE, CHANNELS, ROWS, COLUMNS);
  expect_moments(t, "moments far from zero", mean, m2, far, STRIDE, tile, PIXELS);
  expect(t, "affine", "y", y, wanted_y, 1e-6);
  expect(t, "norm_sums", "sums", sums, wanted_sums, 1e-5);
  expect(t, "norm_backward", "dx", dx, wanted_dx, 1e-6);
}

static uint32_t mixed(uint32_t x) {
  x = (x ^ x >> 16) * 0x7feb352du;
  x = (x ^ x >> 15) * 0x846ca68bu;
  return x ^ x >> 16;
}

/// Pixels from one on are dropped as all of them together are.
static void test_drop(table t) {
  const array x = uniform(t.precision, MAP, 1, 2);
  const dense_dropout all = {{0x12345678u, 0x9abcdef0u}, 0x4ccccccdu, 1 / 0.7f, 0};
  dense_dropout rest = all;
  rest.first_pixel = 4;
  double *wanted = exact(x);
  int dropped = 0;
  for (int i = 0; i < PIXELS * CHANNELS; i++) {
    const uint32_t hash = mixed(mixed((uint32_t)i ^ all.seed[0]) + all.seed[1]) + all.seed[1];
    double *value = wanted + i / CHANNELS * STRIDE + i % CHANNELS;
    *value = hash < all.threshold ? 0 : *value * all.scale;
    dropped += hash < all.threshold;
  }
  t.kernels->drop(x.data, STRIDE, CHANNELS, 4, &all);
  const size_t step = t.precision == DENSE_BF16 ? 2 : 4;
  t.kernels->drop((char *)x.data + 4 * STRIDE * step, STRIDE, CHANNELS, PIXELS - 4, &rest);
  expect(t, "drop", "x", x, wanted, 1e-6);
  const double share = (double)dropped / (PIXELS * CHANNELS);
  expect_true(t, "drop, share", share > 0.25 && share < 0.35);
}

/// In a map, whole vectors are written; outside, no more than the channels.
static void test_load_and_read(table t) {
  enum { channels = 21, stride = 23 };
  const array values = uniform(DENSE_FP32, (PIXELS - 1) * stride + channels, -1, 1), map = filled(t.precision, MAP, NAN);
  const array back = filled(DENSE_FP32, values.count, NAN);
  t.kernels->load_map(map.data, STRIDE, values.data, stride, channels, PIXELS);
  t.kernels->read_map(back.data, stride, map.data, STRIDE, channels, PIXELS);
  double *wanted = exact(filled(DENSE_FP32, MAP, NAN)), *wanted_back = exact(filled(DENSE_FP32, back.count, NAN));
  for (int i = 0; i < PIXELS * CHANNELS; i++) {
    const int p = i / CHANNELS, c = i % CHANNELS;
    wanted[p * STRIDE + c] = c < channels ? get(values, p * stride + c) : 0;
    if (c < channels) wanted_back[p * stride + c] = get(map, p * STRIDE + c);
  }
  expect(t, "load_map", "map", map, wanted, 0);
  expect(t, "read_map", "values", back, wanted_back, 0);
}

/// Ties go to the even neighbour; what is not finite stays so.
static void test_rounding(table t) {
  const float values[][2] = {  // and what bf16 makes of them
    {0, 0}, {-0.0f, -0.0f}, {1, 1}, {0x1.01p0f, 1}, {0x1.03p0f, 0x1.04p0f}, {0x1.010002p0f, 0x1.02p0f},
    {0x1.02fffep0f, 0x1.02p0f}, {-0x1.01p0f, -1}, {-0x1.05p0f, -0x1.04p0f}, {0x1.ffp-3f, 0x1p-2f},
    {0x1.fep127f, 0x1.fep127f}, {0x1.ffp127f, INFINITY}, {INFINITY, INFINITY}, {-INFINITY, -INFINITY}, {NAN, NAN},
    {__builtin_nanf("0x3fffff"), NAN}};
  const array given = filled(DENSE_FP32, DENSE_LANES, 0), map = filled(t.precision, DENSE_LANES, 0);
  const array back = filled(DENSE_FP32, DENSE_LANES, 0);
  for (int i = 0; i < DENSE_LANES; i++) set(given, i, values[i][0]);
  t.kernels->load_map(map.data, DENSE_LANES, given.data, DENSE_LANES, DENSE_LANES, 1);
  t.kernels->read_map(back.data, DENSE_LANES, map.data, DENSE_LANES, DENSE_LANES, 1);
  int right = 1;
  for (int i = 0; i < DENSE_LANES; i++) {
    const double wanted = values[i][t.precision == DENSE_BF16], got = get(back, i);
    right &= isnan(wanted) ? isnan(got) : got == wanted && !signbit(got) == !signbit(wanted);
  }
  expect_true(t, "rounding to the nearest, ties to even", right);
}

static void test_pools(table t, const char *name, int kernel, int stride, int pad) {
  enum { images = 2, height = 7, width = 6, channels = 16, y_stride = 32 };
  const int down = (height + 2 * pad - kernel) / stride + 1, across = (width + 2 * pad - kernel) / stride + 1;
  const int pixels = images * down * across, y_count = (pixels - 1) * y_stride + channels;
  const dense_pool_shape s = {height, width, channels, channels, down, across, y_stride, kernel, stride, pad};
  const dense_precision held = t.precision;
  const array x = uniform(held, images * height * width * channels, -1, 1), dy = uniform(held, y_count, -1, 1);
  set(x, 5, NAN);  // wins
  const array most = filled(held, y_count, NAN), mean = filled(DENSE_FP32, y_count, NAN);
  const array most_dx = filled(held, x.count, NAN), mean_dx = filled(DENSE_FP32, x.count, NAN);
  uint8_t *argmax = take((size_t)pixels * channels, 1);
  for (int n = images - 1; n >= 0; n--) {
    t.kernels->max_pool_forward(most.data, argmax, x.data, &s, n, n + 1);
    t.kernels->max_pool_backward(most_dx.data, dy.data, argmax, &s, n, n + 1);
    if (held != DENSE_FP32) continue;
    t.kernels->avg_pool_forward(mean.data, x.data, &s, n, n + 1);
    t.kernels->avg_pool_backward(mean_dx.data, dy.data, &s, n, n + 1);
  }
  double *wanted_most = exact(filled(DENSE_FP32, y_count, NAN)), *wanted_mean = exact(filled(DENSE_FP32, y_count, NAN));
  double *wanted_most_dx = take(x.count, sizeof(double)), *wanted_mean_dx = take(x.count, sizeof(double));
  for (int i = 0; i < pixels * channels; i++) {
    const place at = place_of(i / channels, down, across);
    const int c = i % channels, to = i / channels * y_stride + c;
    int best = -1;
    double sum = 0;
    for (int index = 0; index < kernel * kernel; index++) {
      const int h = at.row * stride - pad + index / kernel, w = at.column * stride - pad + index % kernel;
      if (h < 0 || w < 0 || h >= height || w >= width) continue;
      const int from = ((at.image * height + h) * width + w) * channels + c;
      if (best < 0 || get(x, from) > get(x, best) || isnan(get(x, from))) best = from;
      sum += get(x, from) / (kernel * kernel);
      wanted_mean_dx[from] += get(dy, to) / (kernel * kernel);
    }
    wanted_most[to] = get(x, best);
    wanted_mean[to] = sum;
    wanted_most_dx[best] += get(dy, to);
  }
  expect(t, name, "greatest", most, wanted_most, 0);
  // Where windows overlap, sums are rounded.
  expect(t, name, "dx of the greatest", most_dx, wanted_most_dx, held == DENSE_FP32 ? 1e-6 : 1e-2);
  if (held != DENSE_FP32) return;
  expect(t, name, "average", mean, wanted_mean, 1e-6);
  expect(t, name, "dx of the average", mean_dx, wanted_mean_dx, 1e-6);
}

void test_maps(table t) {
  test_norm(t);
  test_drop(t);
  test_load_and_read(t);
  test_rounding(t);
  test_pools(t, "pool 2x2", 2, 2, 0);
  test_pools(t, "pool 3x3", 3, 2, 1);
  release_memory();
}
