#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"

// How fast each kernel is on one thread, at sizes of DenseNet-121 and of the chapter's network. What a map holds is in cache,
// as between the layers of a block.

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Kernels that were timed, so that none is forgotten.
static const char *timed[64];
static int timed_count;
/// Multiply-adds of this thread, in operations per second.
static double peak;
static const char *pattern;

static int wanted(const char *kernel) { return !pattern || strstr(kernel, pattern); }

static void report(const char *kernel, const char *what, double operations, double bytes, double time) {
  printf("  %-24s %-34s %9.1f us", kernel, what, time * 1e6);
  if (operations > 0) printf(" %8.1f GOP/s %5.0f%%\n", operations / time * 1e-9, 100 * operations / time / peak);
  else printf(" %8.1f GB/s\n", bytes / time * 1e-9);
}

/// Times a call, as often as fills some milliseconds, and takes the best of several rounds.
#define TIME(kernel, what, operations, bytes, ...) do { \
    timed[timed_count++] = #kernel; \
    if (!wanted(#kernel)) break; \
    double best = 1; \
    int turns = 1; \
    for (int round = 0; round < 8; round++) { \
      const double start = seconds(); \
      for (int turn = 0; turn < turns; turn++) t.kernels->kernel(__VA_ARGS__); \
      const double time = (seconds() - start) / turns; \
      if (round > 0) best = fmin(best, time); \
      turns = time < 1e-2 ? (int)(1e-2 / fmax(time, 1e-8)) : 1; \
    } \
    report(#kernel, what, operations, bytes, best); \
  } while (0)

typedef struct {
  const char *name;
  int images, side, in, out, kernel, pool, winograd, rows_per_tile;
} conv_size;

static const conv_size sizes[] = {
  {"1x1, 256 to 128, 28x28", 1, 28, 256, 128, 1, 1, 0, 7},
  {"1x1, 896 to 128, 7x7", 4, 7, 896, 128, 1, 1, 0, 7},
  {"1x1 and pool, 512 to 256, 28x28", 1, 28, 512, 256, 1, 2, 0, 7},
  {"3x3, 128 to 32, 28x28", 1, 28, 128, 32, 3, 1, 0, 14},
  {"3x3, 128 to 32, 28x28, F(4x4)", 1, 28, 128, 32, 3, 1, 4, 28},
  {"3x3, 96 to 32, 24x24, F(6x6)", 1, 24, 96, 32, 3, 1, 6, 24},
};

static void time_convolution(table t, const conv_size *k) {
  const int taps = k->kernel * k->kernel, out_side = k->side / k->pool, pixels = k->images * k->side * k->side;
  const int out_pixels = k->images * out_side * out_side, values = k->winograd ? (k->winograd + 2) * (k->winograd + 2) : taps;
  const dense_conv_shape s = {
    .height = k->side, .width = k->side, .in_channels = k->in, .in_stride = k->in, .out_height = out_side,
    .out_width = out_side, .out_channels = k->out, .out_stride = k->out, .kernel_h = k->kernel, .kernel_w = k->kernel,
    .stride_h = 1, .stride_w = 1, .pad_h = k->kernel / 2, .pad_w = k->kernel / 2, .pool_h = k->pool, .pool_w = k->pool,
    .dilate_h = 1, .dilate_w = 1, .images_per_tile = k->rows_per_tile == out_side ? k->images : 1,
    .rows_per_tile = k->rows_per_tile, .winograd = k->winograd};
  const int tiles = k->images / s.images_per_tile * (out_side / k->rows_per_tile);
  const dense_weight_layout layout = {k->out, k->in, k->out, k->in, k->kernel, k->kernel, NULL, k->winograd};
  const array weights = uniform(DENSE_FP32, k->out * taps * k->in, -1, 1), packed = filled(DENSE_FP32, k->out * values * k->in, 0);
  const array x = uniform(t.precision, pixels * k->in, -1, 1), y = filled(t.precision, out_pixels * k->out, 0);
  const array dx = filled(t.precision, x.count, 0), dy = uniform(t.precision, y.count, -1, 1), dw = filled(DENSE_FP32, packed.count, 0);
  const array scale = uniform(DENSE_FP32, k->in, 0.5, 1), shift = uniform(DENSE_FP32, k->in, -0.1, 0.1);
  const array some = uniform(DENSE_FP32, k->out, -0.1, 0.1), moments = filled(DENSE_FP32, 2 * tiles * k->out, 0);
  const array sums = filled(DENSE_FP32, tiles * 2 * k->in, 0), db = filled(DENSE_FP32, tiles * k->out, 0);
  const double operations = 2.0 * out_pixels * k->out * taps * k->in;
  const float *m2 = (const float *)moments.data + tiles * k->out;
  const dense_conv_forward_args forward = {
    y.data, moments.data, (float *)m2, x.data, scale.data, shift.data, packed.data, NULL, 0};
  const array forward_scratch = filled(DENSE_FP32, (int)dense_conv_scratch(&s, 0), 0);
  t.kernels->pack_weights(packed.data, weights.data, &layout, 0, k->out);
  TIME(conv_forward, k->name, operations, 0, &s, &forward, k->images, 0, tiles, forward_scratch.data);
  const dense_conv_backward_args backward = {
    dx.data, sums.data, dw.data, db.data, dy.data, y.data, some.data, some.data, some.data, x.data, scale.data, shift.data,
    scale.data, packed.data, k->in, k->out, k->out, 1};
  const array backward_scratch = filled(DENSE_FP32, (int)dense_conv_scratch(&s, 1), 0);
  t.kernels->pack_weights_transposed(packed.data, weights.data, &layout, 0, k->out);
  TIME(conv_backward, k->name, 2 * operations, 0, &s, &backward, k->images, 0, tiles, backward_scratch.data);
  const double moved = 4.0 * (weights.count + packed.count);
  TIME(pack_weights, k->name, 0, moved, packed.data, weights.data, &layout, 0, k->out);
  TIME(pack_weights_transposed, k->name, 0, moved, packed.data, weights.data, &layout, 0, k->out);
  TIME(unpack_gradient, k->name, 0, moved, weights.data, dw.data, 1, dw.count, &layout, 0, k->in);
  release_memory();
}

static void time_stem(table t) {
  enum { side = 224, in = 3, out = 64, kernel = 7, half = side / 2, quarter = side / 4 };
  const dense_stem_shape s = {
    {.height = side, .width = side, .in_channels = in, .in_stride = in, .out_height = half, .out_width = half,
     .out_channels = out, .out_stride = out, .kernel_h = kernel, .kernel_w = kernel, .stride_h = 2, .stride_w = 2,
     .pad_h = 3, .pad_w = 3, .pool_h = 1, .pool_w = 1, .dilate_h = 1, .dilate_w = 1, .images_per_tile = 1, .rows_per_tile = half},
    {half, half, out, out, quarter, quarter, out, 3, 2, 1}};
  const dense_weight_layout layout = {out, in, out, in, kernel, kernel, NULL, 0};
  const array weights = uniform(DENSE_FP32, out * kernel * kernel * in, -1, 1), packed = filled(DENSE_FP32, weights.count, 0);
  const array x = uniform(DENSE_FP32, side * side * in, -1, 1), some = uniform(DENSE_FP32, out, -0.1, 0.1);
  const array y = filled(t.precision, quarter * quarter * out, 0), dy = uniform(t.precision, y.count, -1, 1);
  const array mean = filled(DENSE_FP32, out, 0), m2 = filled(DENSE_FP32, out, 0), center = filled(DENSE_FP32, in, 0);
  const array products = filled(DENSE_FP32, out * dense_stem_taps(&s.conv), 0);
  const int taps = kernel * kernel * in, lags = dense_stem_lags(&s.conv);
  const array sums = filled(DENSE_FP32, taps > out ? taps : out, 0), lagged = filled(DENSE_FP32, kernel * taps * lags, 0);
  const array scratch = filled(DENSE_FP32, (int)dense_stem_scratch(&s), 0);
  uint8_t *argmax = take((size_t)y.count, 1);
  dense_kernels_for(DENSE_ISA_GENERIC, DENSE_FP32)->pack_weights(packed.data, weights.data, &layout, 0, out);
  const dense_stem_forward_args forward = {
    y.data, argmax, mean.data, m2.data, x.data, some.data, some.data, packed.data, 0, 0, quarter};
  const dense_stem_backward_args backward = {
    products.data, sums.data, dy.data, y.data, some.data, some.data, some.data, argmax, x.data, center.data, out, 0};
  const char *name = "7x7, 3 to 64, 224x224";
  TIME(stem_forward, name, 2.0 * half * half * out * taps, 0, &s, &forward, 0, 1, scratch.data);
  TIME(stem_backward, name, 2.0 * quarter * quarter * out * taps, 0, &s, &backward, 0, 1, scratch.data);
  TIME(stem_moments, name, 0, 4.0 * x.count, sums.data, lagged.data, x.data, center.data, &s.conv, 0, 1, scratch.data);
  release_memory();
}

static void time_maps(table t) {
  enum { side = 28, channels = 128, pixels = side * side, small = side / 2 };
  const int size = t.precision == DENSE_BF16 ? 2 : 4;
  const array x = uniform(t.precision, pixels * channels, -1, 1), y = filled(t.precision, x.count, 0);
  const array dy = uniform(t.precision, x.count, -1, 1), values = uniform(DENSE_FP32, x.count, -1, 1);
  const array a = uniform(DENSE_FP32, channels, -1, 1), b = uniform(DENSE_FP32, channels, 0.5, 1), sums = filled(DENSE_FP32, 2 * channels, 0);
  const double map = (double)x.count * size;
  const char *name = "128 channels, 28x28";
  TIME(moments, name, 0, map, sums.data, (float *)sums.data + channels, x.data, channels, channels, side, side);
  TIME(affine, name, 0, 2 * map, y.data, x.data, a.data, b.data, channels, channels, pixels);
  TIME(norm_sums, name, 0, 2 * map, sums.data, dy.data, x.data, a.data, channels, channels, side, side);
  TIME(norm_backward, name, 0, 3 * map, y.data, dy.data, x.data, a.data, b.data, a.data, b.data, channels, channels, pixels);
  // Nothing is dropped and nothing grows, however often.
  const dense_dropout mask = {{1, 2}, 0, 1, 0};
  TIME(drop, name, 0, 2 * map, y.data, channels, channels, pixels, &mask);
  TIME(load_map, name, 0, map + 4.0 * x.count, y.data, channels, values.data, channels, channels, pixels);
  TIME(read_map, name, 0, map + 4.0 * x.count, values.data, channels, x.data, channels, channels, pixels);
  const dense_pool_shape halved = {side, side, channels, channels, small, small, channels, 2, 2, 0};
  uint8_t *argmax = take((size_t)x.count, 1);
  TIME(max_pool_forward, name, 0, 1.25 * map, y.data, argmax, x.data, &halved, 0, 1);
  TIME(max_pool_backward, name, 0, 1.25 * map, y.data, dy.data, argmax, &halved, 0, 1);
  const array mean = filled(DENSE_FP32, x.count, 0);
  TIME(avg_pool_forward, name, 0, 5.0 * x.count, mean.data, values.data, &halved, 0, 1);
  TIME(avg_pool_backward, name, 0, 5.0 * x.count, mean.data, values.data, &halved, 0, 1);
  release_memory();
}

static void time_parameters(table t) {
  const array w = uniform(DENSE_FP32, 1 << 16, -1, 1), gradient = uniform(DENSE_FP32, w.count, -1e-3, 1e-3);
  const array mean = filled(DENSE_FP32, w.count, 0), square = filled(DENSE_FP32, w.count, 0);
  const dense_sgd sgd = {1e-3f, 0.9f, 0, 1e-4f, 0, 0};
  const dense_adam adam = {1e-3f, 0.1f, 0.999f, 0.001f, 0.0316f, 1e-8f, 0, 1};
  TIME(sgd_step, "65,536 parameters", 0, 20.0 * w.count, w.data, mean.data, gradient.data, w.count, &sgd);
  TIME(adam_step, "65,536 parameters", 0, 28.0 * w.count, w.data, mean.data, square.data, gradient.data, w.count, &adam);
  release_memory();
}

static double measured_peak(dense_peak_function measure) {
  double best = 0;
  for (int round = 0; round < 6; round++) {
    const double start = seconds(), operations = measure(1000000);
    best = fmax(best, operations / (seconds() - start));
  }
  return best;
}

/// Whether a kernel was timed.
static int is_timed(const char *kernel) {
  for (int i = 0; i < timed_count; i++) {
    if (strcmp(timed[i], kernel) == 0) return 1;
  }
  printf("%s is not timed: add it to timing.c\n", kernel);
  return 0;
}

int time_kernels(table t, dense_isa isa, const char *part) {
  pattern = part;
  timed_count = 0;
  peak = measured_peak(dense_peak_for(isa));
  printf("%s: a thread's peak is %.1f GFLOP/s of fp32\n", t.name, peak * 1e-9);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) time_convolution(t, &sizes[i]);
  time_stem(t);
  time_maps(t);
  time_parameters(t);
  int all = 1;
#define MAP_KERNEL(name, ...) all &= is_timed(#name);
#define FLOAT_KERNEL(name, ...) MAP_KERNEL(name)
#define PACKING_KERNEL(name, ...) MAP_KERNEL(name)
#include "kernels.inc"
  return all;
}

static void time_int8_convolution(int8_table t, const conv_size *k) {
  const int taps = k->kernel * k->kernel, out_side = k->side / k->pool, pixels = k->images * k->side * k->side;
  const int out_pixels = k->images * out_side * out_side;
  const dense_conv_shape s = {
    .height = k->side, .width = k->side, .in_channels = k->in, .in_stride = k->in, .out_height = out_side,
    .out_width = out_side, .out_channels = k->out, .out_stride = k->out, .kernel_h = k->kernel, .kernel_w = k->kernel,
    .stride_h = 1, .stride_w = 1, .pad_h = k->kernel / 2, .pad_w = k->kernel / 2, .pool_h = k->pool, .pool_w = k->pool,
    .dilate_h = 1, .dilate_w = 1, .images_per_tile = k->rows_per_tile == out_side ? k->images : 1,
    .rows_per_tile = k->rows_per_tile};
  const int tiles = k->images / s.images_per_tile * (out_side / k->rows_per_tile);
  const dense_weight_layout layout = {k->out, k->in, k->out, k->in, k->kernel, k->kernel, NULL, 0};
  const int count = k->out * taps * k->in;
  int8_t *weights = take((size_t)count, 1);
  for (int i = 0; i < count; i++) weights[i] = (int8_t)(i % 255 - 127);
  void *packed = take((size_t)count, (size_t)t.kernels->weight_bytes);
  uint8_t *x = take((size_t)pixels * k->in, 1), *y = take((size_t)out_pixels * k->out, 1);
  memset(x, 100, (size_t)pixels * k->in);
  const int16_t *slope = some_words(k->in, 2000, 6000), *offset = some_words(k->in, -2000, 2000);
  const array factor = uniform(DENSE_FP32, k->out, 1e-4, 3e-4), addend = uniform(DENSE_FP32, k->out, 0, 100);
  const dense_int8_args a = {
    y, x, k->kernel == 1 ? slope : NULL, k->kernel == 1 ? offset : NULL, 5, packed, factor.data, addend.data};
  float *scratch = take((size_t)dense_int8_scratch(&s), sizeof *scratch);
  TIME(int8_pack, k->name, 0, (double)count * (1 + t.kernels->weight_bytes), packed, weights, &layout, 0, k->out);
  TIME(int8_convolution, k->name, 2.0 * out_pixels * taps * k->in * k->out, 0, &s, &a, k->images, 0, tiles, scratch);
  release_memory();
}

static void time_int8_stem(int8_table t) {
  enum { size = 224, in = 3, out = 64, kernel = 7, side = size / 2, pooled = side / 2, rows = 8, length = 24 };
  const dense_stem_shape s = {
    {size, size, in, in, side, side, out, out, kernel, kernel, 2, 2, 3, 3, 1, 1, 1, 1, 1, side, 0, 0},
    {side, side, out, out, pooled, pooled, out, 3, 2, 1}};
  const dense_int8_stem_args a = {
    take(pooled * pooled * out, 1), uniform(DENSE_FP32, size * size * in, -2, 2).data, filled(DENSE_FP32, in, 60).data,
    filled(DENSE_FP32, in, 120).data, take(out * kernel * length, (size_t)t.kernels->weight_bytes),
    uniform(DENSE_FP32, out, 1e-4, 3e-4).data, filled(DENSE_FP32, out, 10).data, take(out, 1)};
  float *scratch = take((size_t)dense_int8_stem_scratch(&s, rows), sizeof *scratch);
  TIME(int8_stem, "7x7, 3 to 64, 8 of 56 rows", 2.0 * (2 * rows + 1) * side * kernel * kernel * in * out, 0, &s, &a, 0, 8,
       8 + rows, scratch);
  release_memory();
}

int time_int8_kernels(int8_table t, const char *part) {
  enum { channels = 64, pixels = 3136 };
  pattern = part;
  timed_count = 0;
  peak = measured_peak(dense_int8_peak_for(t.isa));
  printf("%s: a thread's peak is %.1f GOP/s of bytes\n", t.name, peak * 1e-9);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    if (!sizes[i].winograd) time_int8_convolution(t, &sizes[i]);
  }
  time_int8_stem(t);
  const array values = uniform(DENSE_FP32, pixels * channels, -1, 1), factor = filled(DENSE_FP32, channels, 100);
  uint8_t *map = take(pixels * channels, 1);
  const char *name = "64 channels, 56x56";
  TIME(int8_store_map, name, 0, 5.0 * values.count, map, values.data, factor.data, factor.data, channels, channels, channels, pixels);
  TIME(int8_read_map, name, 0, 5.0 * values.count, values.data, map, factor.data, factor.data, channels, channels, channels, pixels);
  release_memory();
  int all = 1;
#define INT8_KERNEL(name, ...) all &= is_timed(#name);
#include "int8_kernels.inc"
  return all;
}
