#include "check.h"

// A convolution and its gradients, tile by tile, with what is fused to them.

typedef struct {
  const char *name;
  int images, height, width;   // of the input
  int in, out;                 // channels; `out` may be less than the padded ones
  int kernel_h, kernel_w, pad;
  int images_per_tile, rows_per_tile;
  int stride, pool, dilate, winograd;
  int raw;    // any number of input channels, as they are: no input gradient
  int store;  // the input gradient is written, not added; and the output is rectified
  int wide;   // the output is fp32: no moments
} conv_case;

static const conv_case cases[] = {
  {"1x1", 3, 5, 5, 32, 16, 1, 1, 0, 2, 5, 1, 1, 1, 0, 0, 0, 0},
  {"1x1, pooled", 3, 6, 8, 32, 24, 1, 1, 0, 2, 3, 1, 2, 1, 0, 0, 1, 0},
  {"1x1, pooled, with pixels left over", 2, 7, 9, 16, 16, 1, 1, 0, 1, 2, 1, 2, 1, 0, 0, 1, 0},
  {"1x1, an odd number of pixels", 1, 3, 5, 48, 64, 1, 1, 0, 1, 3, 1, 1, 1, 0, 0, 0, 0},
  {"3x3", 3, 5, 7, 48, 32, 3, 3, 1, 2, 5, 1, 1, 1, 0, 0, 0, 0},
  {"3x3 by rows", 2, 7, 9, 16, 40, 3, 3, 1, 1, 3, 1, 1, 1, 0, 0, 1, 0},
  {"3x3, wide output", 2, 5, 5, 16, 16, 3, 3, 1, 2, 5, 1, 1, 1, 0, 0, 0, 1},
  {"F(4x4)", 3, 7, 9, 48, 40, 3, 3, 1, 2, 7, 1, 1, 1, 4, 0, 0, 0},
  {"F(4x4) by rows", 2, 10, 6, 32, 32, 3, 3, 1, 1, 4, 1, 1, 1, 4, 0, 1, 0},
  {"F(6x6)", 3, 7, 5, 80, 24, 3, 3, 1, 2, 7, 1, 1, 1, 6, 0, 1, 0},
  {"F(6x6) by rows", 2, 13, 7, 16, 48, 3, 3, 1, 1, 6, 1, 1, 1, 6, 0, 0, 0},
  {"strided", 2, 9, 8, 16, 32, 3, 3, 1, 2, 5, 2, 1, 1, 0, 1, 0, 0},
  {"zeros between pixels", 2, 4, 5, 32, 16, 3, 3, 1, 1, 3, 1, 1, 2, 0, 1, 0, 0},
  {"raw", 2, 9, 11, 3, 24, 5, 3, 1, 1, 2, 2, 1, 1, 0, 1, 0, 0},
};

typedef struct {
  const conv_case *given;
  dense_conv_shape shape;
  int pixels, out_pixels, bands, tiles;  // bands of rows in an image
  dense_weight_layout layout;
  int values, used;         // values of a packed kernel; input channels that are not padding
  array weights;            // [out, taps, used]
  double *padded;           // [out, taps, in], padding included
  array x, scale, shift, y;
  double *a;                // what the convolution sees, [pixel after pooling, in]
  double tolerance;
} problem;

void convolve(double *y, double *dw, double *da, const double *a, const double *w, const double *g,
              const dense_conv_shape *s, int images) {
  const int in = s->in_channels, out = s->out_channels, taps = s->kernel_h * s->kernel_w;
  const int height = s->height / s->pool_h, width = s->width / s->pool_w;
  for (int at = 0; at < images * s->out_height * s->out_width * taps; at++) {
    const int pixel = at / taps, tap = at % taps;
    const place to = place_of(pixel, s->out_height, s->out_width);
    const int h = to.row * s->stride_h - s->pad_h + tap / s->kernel_w, row = h / s->dilate_h;
    const int v = to.column * s->stride_w - s->pad_w + tap % s->kernel_w, column = v / s->dilate_w;
    if (h < 0 || v < 0 || h % s->dilate_h || v % s->dilate_w || row >= height || column >= width) continue;
    const int from = ((to.image * height + row) * width + column) * in;
    for (int k = 0; k < out; k++) {
      for (int c = 0; c < in; c++) {
        if (y) y[pixel * out + k] += a[from + c] * w[(k * taps + tap) * in + c];
        if (dw) dw[(k * taps + tap) * in + c] += g[pixel * out + k] * a[from + c];
        if (da) da[from + c] += g[pixel * out + k] * w[(k * taps + tap) * in + c];
      }
    }
  }
}

/// max(x * scale + shift, 0), or raw x, averaged over pooling windows.
static double *prologue(const problem *p) {
  const dense_conv_shape *s = &p->shape;
  const int in = s->in_channels, height = s->height / s->pool_h, width = s->width / s->pool_w;
  double *a = take((size_t)p->pixels * in, sizeof(double));
  for (int at = 0; at < p->pixels * in; at++) {
    const place from = place_of(at / in, s->height, s->width);
    const int h = from.row / s->pool_h, w = from.column / s->pool_w, c = at % in;
    if (h >= height || w >= width) continue;
    const double x = get(p->x, at / in * s->in_stride + c), z = fmax(x * get(p->scale, c) + get(p->shift, c), 0);
    a[((from.image * height + h) * width + w) * in + c] += (p->given->raw ? x : z) / (s->pool_h * s->pool_w);
  }
  return a;
}

/// What the dot loop multiplies: the values, or where it takes pairs of bf16, their nearest.
static double *operands(table t, const problem *p, double *values, size_t count) {
  if (!t.pairs || p->given->winograd) return values;
  double *nearest = take(count, sizeof(double));
  for (size_t i = 0; i < count; i++) nearest[i] = rounded(DENSE_BF16, values[i]);
  return nearest;
}

static problem make_problem(table t, const conv_case *k) {
  const int in = k->in, out = round_to(k->out, DENSE_LANES), taps = k->kernel_h * k->kernel_w;
  const dense_precision out_precision = k->wide ? DENSE_FP32 : t.precision;
  problem p = {.given = k, .tolerance = k->winograd ? 5e-5 : 1e-5};
  const dense_conv_shape s = p.shape = (dense_conv_shape){
    .height = k->height, .width = k->width, .in_channels = in, .in_stride = k->raw ? in : in + DENSE_LANES,
    .out_height = ((k->height / k->pool - 1) * k->dilate + 2 * k->pad - k->kernel_h + 1) / k->stride + 1,
    .out_width = ((k->width / k->pool - 1) * k->dilate + 2 * k->pad - k->kernel_w + 1) / k->stride + 1,
    .out_channels = out, .out_stride = out + DENSE_LANES, .kernel_h = k->kernel_h, .kernel_w = k->kernel_w,
    .stride_h = k->stride, .stride_w = k->stride, .pad_h = k->pad, .pad_w = k->pad, .pool_h = k->pool, .pool_w = k->pool,
    .dilate_h = k->dilate, .dilate_w = k->dilate, .images_per_tile = k->images_per_tile,
    .rows_per_tile = k->rows_per_tile, .winograd = k->winograd, .wide_output = out_precision == DENSE_FP32};
  p.pixels = k->images * s.height * s.width;
  p.out_pixels = k->images * s.out_height * s.out_width;
  p.bands = round_to(s.out_height, s.rows_per_tile) / s.rows_per_tile;
  p.tiles = round_to(k->images, s.images_per_tile) / s.images_per_tile * p.bands;

  // As in a dense block, some of the padded input channels belong to none.
  const int unused = k->raw ? 0 : 6;
  p.used = in - unused;
  int32_t *map = take(p.used, sizeof(int32_t));
  for (int c = 0; c < p.used; c++) map[c] = c < 10 ? c : c + unused;
  p.layout = (dense_weight_layout){k->out, p.used, out, in, k->kernel_h, k->kernel_w, k->raw ? NULL : map, k->winograd};
  p.values = k->winograd ? (k->winograd + 2) * (k->winograd + 2) : taps;
  p.weights = uniform(DENSE_FP32, k->out * taps * p.used, -1, 1);
  p.padded = take((size_t)out * taps * in, sizeof(double));
  for (int i = 0; i < p.weights.count; i++) p.padded[i / p.used * in + map[i % p.used]] = get(p.weights, i);

  p.x = uniform(t.precision, (p.pixels - 1) * s.in_stride + in, -1, 1);
  p.scale = uniform(DENSE_FP32, in, -2, 2);
  p.shift = uniform(DENSE_FP32, in, -1, 1);
  p.y = filled(out_precision, (p.out_pixels - 1) * s.out_stride + out, NAN);
  p.a = prologue(&p);
  return p;
}

static int tile_of(const problem *p, int image, int row) {
  return image / p->shape.images_per_tile * p->bands + row / p->shape.rows_per_tile;
}

static void test_forward(table t, const problem *p) {
  const dense_conv_shape *s = &p->shape;
  const int out = s->out_channels, half = least(DENSE_LANES, p->given->out), moments = !p->given->wide;
  const array packed = filled(DENSE_FP32, out * s->in_channels * p->values, 0), bias = uniform(DENSE_FP32, out, -1, 1);
  t.kernels->pack_weights(packed.data, p->weights.data, &p->layout, half, p->given->out);
  t.kernels->pack_weights(packed.data, p->weights.data, &p->layout, 0, half);
  const array mean = filled(DENSE_FP32, p->tiles * out, NAN), m2 = filled(DENSE_FP32, p->tiles * out, NAN);
  const dense_conv_forward_args args = {
    p->y.data, moments ? mean.data : NULL, moments ? m2.data : NULL, p->x.data, p->given->raw ? NULL : p->scale.data,
    p->given->raw ? NULL : p->shift.data, packed.data, bias.data, p->given->store};
  for (int tile = p->tiles - 1; tile >= 0; tile--) {
    const array scratch = filled(DENSE_FP32, (int)dense_conv_scratch(s, 0), NAN);
    t.kernels->conv_forward(s, &args, p->given->images, tile, tile + 1, scratch.data);
  }

  double *y = take((size_t)p->out_pixels * out, sizeof(double)), *wanted = exact(filled(DENSE_FP32, p->y.count, NAN));
  const size_t weights = (size_t)out * s->kernel_h * s->kernel_w * s->in_channels;
  convolve(y, NULL, NULL, operands(t, p, p->a, (size_t)p->pixels * s->in_channels), operands(t, p, p->padded, weights), NULL, s,
           p->given->images);
  int *tile = take(p->out_pixels, sizeof(int));
  for (int at = 0; at < p->out_pixels * out; at++) {
    const place to = place_of(at / out, s->out_height, s->out_width);
    const double value = y[at] + get(bias, at % out);
    wanted[at / out * s->out_stride + at % out] = p->given->store ? fmax(value, 0) : value;
    tile[at / out] = tile_of(p, to.image, to.row);
  }
  expect(t, p->given->name, "y", p->y, wanted, p->tolerance);
  if (moments) expect_moments(t, p->given->name, mean, m2, p->y, s->out_stride, tile, p->out_pixels);
}

/// Weight and bias gradients; `da` becomes that of what the convolution sees. `args` has the gradient of the output.
static void check_weight_gradients(table t, const problem *p, double *da, array chunks, array db, array dy, array defer_a,
                                   array defer_b, array y_mean) {
  const dense_conv_shape *s = &p->shape;
  const int out = s->out_channels, in = s->in_channels;
  const array dw = filled(DENSE_FP32, p->weights.count, NAN);
  t.kernels->unpack_gradient(dw.data, chunks.data, 2, chunks.count / 2, &p->layout, p->used / 2, p->used);
  t.kernels->unpack_gradient(dw.data, chunks.data, 2, chunks.count / 2, &p->layout, 0, p->used / 2);
  double *g = take((size_t)p->out_pixels * out, sizeof(double)), *wanted_db = take(db.count, sizeof(double));
  double *padded_dw = take((size_t)out * s->kernel_h * s->kernel_w * in, sizeof(double)), *wanted = exact(dw);
  for (int i = 0; i < p->out_pixels * out; i++) {
    const int at = i / out * s->out_stride + i % out, k = i % out;
    const place from = place_of(i / out, s->out_height, s->out_width);
    g[i] = get(dy, at) + get(defer_a, k) + get(defer_b, k) * (get(p->y, at) - get(y_mean, k));
    wanted_db[tile_of(p, from.image, from.row) * out + k] += g[i];
  }
  const size_t weights = (size_t)out * s->kernel_h * s->kernel_w * in, gradients = (size_t)p->out_pixels * out;
  // Pairs of pixels make the weight gradient of 1x1 convolutions only.
  const int paired = s->kernel_h * s->kernel_w == 1 && s->stride_h == 1;
  convolve(NULL, padded_dw, NULL, paired ? operands(t, p, p->a, (size_t)p->pixels * in) : p->a, NULL,
           paired ? operands(t, p, g, gradients) : g, s, p->given->images);
  convolve(NULL, NULL, da, NULL, operands(t, p, p->padded, weights), operands(t, p, g, gradients), s, p->given->images);
  for (int i = 0; i < dw.count; i++) {
    const int c = i % p->used;
    wanted[i] = padded_dw[i / p->used * in + (p->layout.in_map ? p->layout.in_map[c] : c)];
  }
  expect(t, p->given->name, "dw", dw, wanted, p->tolerance);
  expect(t, p->given->name, "db", db, wanted_db, 1e-5);
}

/// Through the average pool, ReLU and batch norm: `dx` held `before`, or was to be written.
static void check_input_gradient(table t, const problem *p, const double *da, array dx, int stride, double *before,
                                 array sums, array mean) {
  const dense_conv_shape *s = &p->shape;
  const int in = s->in_channels;
  double *wanted_sums = take(sums.count, sizeof(double));
  for (int i = 0; i < p->pixels * in; i++) {
    const place to = place_of(i / in, s->height, s->width);
    const int c = i % in, row = to.row / s->pool_h, column = to.column / s->pool_w;
    const int covered = row < s->out_height && column < s->out_width;
    const double x = get(p->x, i / in * s->in_stride + c), z = x * get(p->scale, c) + get(p->shift, c);
    double dz = 0;
    if (covered && z > 0) dz = da[((to.image * s->out_height + row) * s->out_width + column) * in + c] / (s->pool_h * s->pool_w);
    double *wanted = before + i / in * stride + c;
    *wanted = (p->given->store ? 0 : *wanted) + get(p->scale, c) * dz;
    double *total = wanted_sums + least(tile_of(p, to.image, row), p->tiles - 1) * 2 * in + c;
    total[0] += dz;
    total[in] += dz * (x - get(mean, c));
  }
  expect(t, p->given->name, "dx", dx, before, p->tolerance);
  expect(t, p->given->name, "sums", sums, wanted_sums, p->tolerance);
}

/// The weight gradient in two chunks.
static void test_backward(table t, const problem *p) {
  const dense_conv_shape *s = &p->shape;
  const int in = s->in_channels, out = s->out_channels;
  const array dy = uniform(p->y.precision, p->y.count, -1, 1), y_mean = uniform(DENSE_FP32, out, -1, 1);
  const array defer_a = uniform(DENSE_FP32, out, -1, 1), defer_b = uniform(DENSE_FP32, out, -0.1, 0.1);
  const array packed = filled(DENSE_FP32, round_to(in, DENSE_LANES) * out * p->values, 0);
  t.kernels->pack_weights_transposed(packed.data, p->weights.data, &p->layout, 0, p->given->out);
  const array chunks = filled(DENSE_FP32, 2 * out * in * p->values, 0), db = filled(DENSE_FP32, p->tiles * out, NAN);
  const array sums = filled(DENSE_FP32, p->tiles * 2 * in, NAN), mean = uniform(DENSE_FP32, in, -1, 1);
  const int stride = in + 2 * DENSE_LANES, count = (p->pixels - 1) * stride + in;
  const array dx = p->given->store ? filled(t.precision, count, NAN) : uniform(t.precision, count, -1, 1);
  double *before = exact(dx), *da = take((size_t)p->pixels * in, sizeof(double));
  dense_conv_backward_args args = {
    .dy = dy.data, .y = p->y.data, .defer_a = defer_a.data, .defer_b = defer_b.data, .y_mean = y_mean.data,
    .x = p->x.data, .dy_stride = s->out_stride, .y_stride = s->out_stride, .store = p->given->store, .db = db.data};
  if (!p->given->raw) {
    args.scale = p->scale.data, args.shift = p->shift.data, args.mean = mean.data;
    args.dx = dx.data, args.dx_stride = stride, args.sums = sums.data, args.weights = packed.data;
  }
  for (int tile = p->tiles - 1; tile >= 0; tile--) {
    const array scratch = filled(DENSE_FP32, (int)dense_conv_scratch(s, 1), NAN);
    args.dw = (float *)chunks.data + tile % 2 * (chunks.count / 2);
    t.kernels->conv_backward(s, &args, p->given->images, tile, tile + 1, scratch.data);
  }
  check_weight_gradients(t, p, da, chunks, db, dy, defer_a, defer_b, y_mean);
  if (!p->given->raw) check_input_gradient(t, p, da, dx, stride, before, sums, mean);
}

void test_convolutions(table t) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    // Maps of bf16 are padded.
    if (t.precision == DENSE_BF16 && cases[i].in % DENSE_LANES != 0) continue;
    const problem p = make_problem(t, &cases[i]);
    test_forward(t, &p);
    test_backward(t, &p);
    release_memory();
  }
}
