#include <string.h>

#include "check.h"

// Inference over maps of bytes. Its sums are of integers, and the rest is rounded step by step: every instruction set must
// give the same bits as these plain loops.
#pragma STDC FP_CONTRACT OFF

typedef struct {
  const char *name;
  int images, height, width, in, out, kernel, pool, images_per_tile, rows_per_tile;
  int plain;  // no batch norm in front
  int wide;   // the output is fp32
  int fraction;
} int8_case;

static const int8_case cases[] = {
  {"1x1 of bytes", 3, 5, 5, 32, 16, 1, 1, 2, 5, 0, 0, 5},
  {"1x1 of bytes, many outputs", 1, 6, 7, 64, 136, 1, 1, 1, 4, 0, 0, 6},
  {"1x1 of bytes, pooled", 3, 7, 9, 48, 24, 1, 2, 1, 2, 0, 0, 5},
  {"1x1 of bytes, the whole map pooled to floats", 3, 3, 4, 48, 40, 1, 3, 3, 1, 0, 1, 1},
  {"3x3 of bytes", 3, 5, 7, 48, 32, 3, 1, 2, 5, 1, 0, 0},
  {"3x3 of bytes by rows", 2, 7, 9, 16, 48, 3, 1, 1, 3, 0, 0, 4},
  {"3x3 of bytes, pooled twice", 1, 6, 6, 16, 64, 3, 2, 1, 3, 0, 1, 7},
};

/// Rounded to nearest, ties to even, from 0 to 255.
static int to_byte(float z) { return (int)nearbyintf(fminf(fmaxf(z, 0), 255)); }

/// x / 2^bits, rounded to nearest, ties up.
static int rounded_shift(int x, int bits) { return bits > 0 ? (x + (1 << (bits - 1))) >> bits : x; }

static int to_word(int x) { return x < -32768 ? -32768 : x > 32767 ? 32767 : x; }

static uint8_t *some_bytes(int count) {
  const array values = uniform(DENSE_FP32, count, 0, 256);
  uint8_t *bytes = take((size_t)count, 1);
  for (int i = 0; i < count; i++) bytes[i] = (uint8_t)fmin(get(values, i), 255);
  return bytes;
}

/// What the convolution sees: [pixel after pooling, in].
static double *int8_prologue(const dense_conv_shape *s, const dense_int8_args *a, int images) {
  const int height = s->height / s->pool_h, width = s->width / s->pool_w, in = s->in_channels;
  double *seen = take((size_t)images * height * width * in, sizeof(double));
  for (int at = 0; at < images * height * width * in; at++) {
    const place to = place_of(at / in, height, width);
    const int c = at % in;
    int sum = 0;
    for (int h = to.row * s->pool_h; h < (to.row + 1) * s->pool_h; h++) {
      for (int w = to.column * s->pool_w; w < (to.column + 1) * s->pool_w; w++) {
        const int x = a->x[((to.image * s->height + h) * s->width + w) * s->in_stride + c];
        const int z = a->slope ? to_word(rounded_shift(x * a->slope[c], 8) + a->offset[c]) : x;
        sum += z > 0 ? z : 0;
      }
    }
    const int windows = s->pool_h * s->pool_w, fraction = a->slope ? a->fraction : 0;
    seen[at] = windows > 1 ? to_byte((float)sum * (1.0f / (float)(windows << fraction)))
                           : to_byte((float)rounded_shift(sum, fraction));
  }
  return seen;
}

static void expect_same(int8_table t, const char *test, const char *what, const void *got, const void *wanted, size_t bytes) {
  expect_that(t.name, test, what, memcmp(got, wanted, bytes) == 0);
}

static void test_case(int8_table t, const int8_case *k) {
  const int out = round_to(k->out, DENSE_LANES), taps = k->kernel * k->kernel, pad = k->kernel / 2;
  const dense_conv_shape s = {
    .height = k->height, .width = k->width, .in_channels = k->in, .in_stride = k->in + DENSE_LANES,
    .out_height = k->height / k->pool, .out_width = k->width / k->pool, .out_channels = out,
    .out_stride = out + DENSE_LANES, .kernel_h = k->kernel, .kernel_w = k->kernel, .stride_h = 1, .stride_w = 1,
    .pad_h = pad, .pad_w = pad, .pool_h = k->pool, .pool_w = k->pool, .dilate_h = 1, .dilate_w = 1,
    .images_per_tile = k->images_per_tile, .rows_per_tile = k->rows_per_tile, .wide_output = k->wide};
  const int pixels = k->images * k->height * k->width, out_pixels = k->images * s.out_height * s.out_width;
  const int tiles = round_to(k->images, s.images_per_tile) / s.images_per_tile *
                    (round_to(s.out_height, s.rows_per_tile) / s.rows_per_tile);
  // Some of the padded input channels belong to none.
  const int unused = 6, used = k->in - unused;
  int32_t *map = take((size_t)used, sizeof *map);
  for (int c = 0; c < used; c++) map[c] = c < 10 ? c : c + unused;
  const dense_weight_layout layout = {k->out, used, out, k->in, k->kernel, k->kernel, map, 0};
  int8_t *weights = take((size_t)k->out * taps * used, 1);
  double *padded = take((size_t)out * taps * k->in, sizeof *padded);
  for (int i = 0; i < k->out * taps * used; i++) {
    weights[i] = (int8_t)((i * 37 + i / 11) % 255 - 127);
    padded[i / used * k->in + map[i % used]] = weights[i];
  }
  void *packed = take((size_t)out * taps * k->in, (size_t)t.kernels->weight_bytes);
  t.kernels->int8_pack(packed, weights, &layout, 0, 5);
  t.kernels->int8_pack(packed, weights, &layout, 5, k->out);

  const int16_t *slope = some_words(k->in, -32768, 32767), *offset = some_words(k->in, -9999, 32767);
  const array factor = uniform(DENSE_FP32, out, 1e-4, 3e-4), addend = uniform(DENSE_FP32, out, 0, 200);
  const size_t size = k->wide ? sizeof(float) : 1, count = (size_t)(out_pixels - 1) * s.out_stride + out;
  uint8_t *y = take(count, size), *wanted = take(count, size);
  const dense_int8_args a = {
    y, some_bytes((pixels - 1) * s.in_stride + k->in), k->plain ? NULL : slope, k->plain ? NULL : offset,
    k->fraction, packed, factor.data, addend.data};
  double *sums = take((size_t)out_pixels * out, sizeof *sums);
  dense_conv_shape pooled = s;
  pooled.height /= k->pool, pooled.width /= k->pool, pooled.pool_h = pooled.pool_w = 1;
  convolve(sums, NULL, NULL, int8_prologue(&s, &a, k->images), padded, NULL, &pooled, k->images);
  for (int i = 0; i < out_pixels * out; i++) {
    const size_t at = (size_t)(i / out) * s.out_stride + i % out;
    const float product = (float)(int)sums[i] * a.factor[i % out], value = product + a.addend[i % out];
    if (k->wide) ((float *)wanted)[at] = value; else wanted[at] = (uint8_t)to_byte(value);
  }
  // Tiles one by one, the last one first; what lies between pixels stays as it was.
  float *scratch = take((size_t)dense_int8_scratch(&s), sizeof *scratch);
  for (int tile = tiles - 1; tile >= 0; tile--) t.kernels->int8_convolution(&s, &a, k->images, tile, tile + 1, scratch);
  expect_same(t, k->name, "the same bits as plain loops", y, wanted, count * size);
  memset(y, 0, count * size);
  t.kernels->int8_convolution(&s, &a, k->images, 0, tiles, scratch);
  expect_same(t, k->name, "the same for all tiles at once", y, wanted, count * size);
  release_memory();
}

/// The greatest sums that there can be: of 255 and 127, in every place.
static void test_greatest(int8_table t) {
  enum { in = 2048, out = 16, taps = 9 };
  const dense_conv_shape s = {
    .height = 3, .width = 3, .in_channels = in, .in_stride = in, .out_height = 1, .out_width = 1, .out_channels = out,
    .out_stride = out, .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .pool_h = 1, .pool_w = 1, .dilate_h = 1,
    .dilate_w = 1, .images_per_tile = 1, .rows_per_tile = 1, .wide_output = 1};
  const dense_weight_layout layout = {out, in, out, in, 3, 3, NULL, 0};
  int8_t *weights = take(out * taps * in, 1);
  memset(weights, 127, out * taps * in / 2);
  memset(weights + out * taps * in / 2, -127, out * taps * in / 2);
  uint8_t *x = take(9 * in, 1);
  memset(x, 255, 9 * in);
  void *packed = take(out * taps * in, (size_t)t.kernels->weight_bytes);
  t.kernels->int8_pack(packed, weights, &layout, 0, out);
  const array y = filled(DENSE_FP32, out, 0), factor = filled(DENSE_FP32, out, 0x1p-20), addend = filled(DENSE_FP32, out, 0);
  const dense_int8_args a = {y.data, x, NULL, NULL, 0, packed, factor.data, addend.data};
  t.kernels->int8_convolution(&s, &a, 1, 0, 1, take((size_t)dense_int8_scratch(&s), sizeof(float)));
  const double wanted = (float)(255 * 127 * taps * in) * 0x1p-20;
  int same = 1;
  for (int k = 0; k < out; k++) same &= get(y, k) == (k < out / 2 ? wanted : -wanted);
  expect_that(t.name, "greatest sums", "are exact", same);
  release_memory();
}

/// In parts of three rows.
static void test_first_layers(int8_table t, int in, int kernel, int stride, int pool) {
  enum { images = 2, height = 17, width = 14, out = 48, y_stride = 64 };
  const int pad = kernel / 2, rows = (height + 2 * pad - kernel) / stride + 1, columns = (width + 2 * pad - kernel) / stride + 1;
  const int pool_pad = pool / 2, down = (rows + 2 * pool_pad - pool) / 2 + 1, across = (columns + 2 * pool_pad - pool) / 2 + 1;
  const dense_stem_shape shape = {
    {height, width, in, in, rows, columns, out, out, kernel, kernel, stride, stride, pad, pad, 1, 1, 1, 1, 1, rows, 0, 0},
    {rows, columns, out, out, down, across, y_stride, pool, 2, pool_pad}};
  const int length = kernel * in, taps = kernel * length, padded = round_to(length, 4), area = rows * columns;
  int8_t *weights = take((size_t)out * taps, 1);
  double *exact_weights = take((size_t)out * taps, sizeof(double));
  for (int i = 0; i < out * taps; i++) exact_weights[i] = weights[i] = (int8_t)((i * 41 + i / 7) % 255 - 127);
  const dense_weight_layout layout = {out, length, out, padded, kernel, 1, NULL, 0};
  void *packed = take((size_t)out * kernel * padded, (size_t)t.kernels->weight_bytes);
  t.kernels->int8_pack(packed, weights, &layout, 0, out);
  const array x = uniform(DENSE_FP32, images * height * width * in, -1.2, 1.2), unit = uniform(DENSE_FP32, in, 90, 110);
  const array zero = filled(DENSE_FP32, in, 117), factor = uniform(DENSE_FP32, out, -1e-3, 1e-3);
  const array addend = uniform(DENSE_FP32, out, 0, 200);
  uint8_t least[out], *y = take((size_t)images * down * across * y_stride, 1), *wanted = take((size_t)images * down * across * y_stride, 1);
  for (int k = 0; k < out; k++) least[k] = (uint8_t)(k % 3 * 20);

  // Less its zero an input is 0 where there is none.
  double *seen = take((size_t)x.count, sizeof(double)), *sums = take((size_t)images * area * out, sizeof(double));
  for (int i = 0; i < x.count; i++) {
    const float scaled = ((float *)x.data)[i] * ((float *)unit.data)[i % in];
    seen[i] = to_byte(scaled + 117) - 117;
  }
  convolve(sums, NULL, NULL, seen, exact_weights, NULL, &shape.conv, images);
  for (int k = 0; k < out; k++) {
    int of_zero = 0;
    for (int i = 0; i < taps; i++) of_zero += weights[k * taps + i] * 117;
    for (int p = 0; p < images * area; p++) sums[p * out + k] += of_zero;
  }
  for (int at = 0; at < images * down * across * out; at++) {
    const place to = place_of(at / out, down, across);
    const int k = at % out;
    int best = least[k];
    for (int h = to.row * 2 - pool_pad; h < to.row * 2 - pool_pad + pool; h++) {
      for (int w = to.column * 2 - pool_pad; w < to.column * 2 - pool_pad + pool; w++) {
        if (h < 0 || w < 0 || h >= rows || w >= columns) continue;
        const float product = (float)sums[(to.image * area + h * columns + w) * out + k] * ((float *)factor.data)[k];
        const int value = to_byte(product + ((float *)addend.data)[k]);
        best = value > best ? value : best;
      }
    }
    wanted[at / out * y_stride + k] = (uint8_t)best;
  }
  const dense_int8_stem_args a = {y, x.data, unit.data, zero.data, packed, factor.data, addend.data, least};
  float *scratch = take((size_t)dense_int8_stem_scratch(&shape, 3), sizeof(float));
  for (int n = images - 1; n >= 0; n--) {
    for (int i = 0; i < down; i += 3) t.kernels->int8_stem(&shape, &a, n, i, i + 3 < down ? i + 3 : down, scratch);
  }
  expect_same(t, "the first layers", "the same bits as plain loops", y, wanted, (size_t)images * down * across * y_stride);
  release_memory();
}

static void test_conversion(int8_table t) {
  enum { channels = 48, stride = 64, pixels = 5 };
  const array values = uniform(DENSE_FP32, pixels * channels, -3, 3), factor = uniform(DENSE_FP32, channels, 20, 80);
  const array addend = uniform(DENSE_FP32, channels, 0, 200), read = filled(DENSE_FP32, pixels * channels, 0);
  const float *v = values.data, *f = factor.data, *a = addend.data;
  ((float *)factor.data)[0] = 1, ((float *)addend.data)[0] = 0;
  const float ties[] = {0.5f, 1.5f, 2.5f, 254.5f, 300};  // to even
  for (int p = 0; p < pixels; p++) ((float *)values.data)[p * channels] = ties[p];
  uint8_t *map = take(pixels * stride, 1), *wanted = take(pixels * stride, 1);
  float *wanted_read = take(pixels * channels, sizeof(float));
  for (int i = 0; i < pixels * channels; i++) {
    const int c = i % channels, at = i / channels * stride + c;
    const float product = v[i] * f[c];
    wanted[at] = (uint8_t)to_byte(product + a[c]);
    const float back = (float)wanted[at] * f[c];
    wanted_read[i] = back + a[c];
  }
  t.kernels->int8_store_map(map, v, f, a, stride, channels, channels, pixels);
  expect_same(t, "into a map of bytes", "rounded", map, wanted, pixels * stride);
  t.kernels->int8_read_map(read.data, map, f, a, channels, stride, channels, pixels);
  expect_same(t, "out of a map of bytes", "scaled", read.data, wanted_read, pixels * channels * sizeof(float));
  release_memory();
}

void test_int8(int8_table t) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) test_case(t, &cases[i]);
  test_greatest(t);
  test_first_layers(t, 3, 7, 2, 3);
  test_first_layers(t, 1, 7, 2, 3);
  test_first_layers(t, 3, 3, 1, 2);
  test_conversion(t);
  const char *kernels = t.name;
#define INT8_KERNEL(name, ...) expect_that(kernels, #name, "is in the table", t.kernels->name != NULL);
#include "int8_kernels.inc"
  expect_that(t.name, "a peak", "can be measured", dense_int8_peak_for(t.isa)(100) > 0);
}
