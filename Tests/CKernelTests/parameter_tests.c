#include "check.h"

// Packed weights, their update, and what needs no instruction set.

/// The order that the kernels' dot loop reads: blocks of output channels, each [kernel_h, kernel_w, in, block].
static void test_packing(table t) {
  if (t.pairs) return;  // packed in the convolutions' tests: input channels come in pairs
  enum { out = 40, out_padded = 48, in = 3, taps = 6 };
  const dense_weight_layout layout = {out, in, out_padded, in, 2, 3, NULL, 0};
  const array weights = uniform(DENSE_FP32, out * taps * in, -1, 1), packed = filled(DENSE_FP32, out_padded * taps * in, 0);
  const array back = filled(DENSE_FP32, weights.count, NAN);
  t.kernels->pack_weights(packed.data, weights.data, &layout, 0, out);
  t.kernels->unpack_gradient(back.data, packed.data, 1, 0, &layout, 0, in);
  double *wanted = take(packed.count, sizeof(double));
  for (int i = 0; i < weights.count; i++) {
    const int k = i / in / taps, first = k / DENSE_BLOCK * DENSE_BLOCK, width = least(DENSE_BLOCK, out_padded - first);
    wanted[first * taps * in + i % (taps * in) * width + k - first] = get(weights, i);
  }
  expect(t, "pack_weights", "packed", packed, wanted, 0);
  expect(t, "unpack_gradient", "unpacked", back, exact(weights), 0);
}

static void test_sgd(table t) {
  const dense_sgd options[] = {{0.1f, 0, 0, 0, 0, 0},       {0.1f, 0, 0, 0.3f, 0, 0},    {0.1f, 0.9f, 0.2f, 0.3f, 0, 1},
                               {0.1f, 0.9f, 0.2f, 0, 0, 0}, {0.1f, 0.9f, 0, 0.3f, 1, 0}, {0.1f, 0.9f, 0, 0, 1, 1}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    const dense_sgd o = options[i];
    const array w = uniform(DENSE_FP32, 37, -1, 1), gradient = uniform(DENSE_FP32, 37, -1, 1);
    const array velocity = uniform(DENSE_FP32, 37, -1, 1);
    double *wanted = exact(w), *wanted_velocity = exact(velocity);
    for (int j = 0; j < w.count; j++) {
      double g = get(gradient, j) + o.weight_decay * wanted[j], *v = wanted_velocity + j;
      if (o.momentum != 0) {
        *v = o.first ? g : o.momentum * *v + (1 - o.dampening) * g;
        g = o.nesterov ? g + o.momentum * *v : *v;
      }
      wanted[j] -= o.lr * g;
    }
    t.kernels->sgd_step(w.data, velocity.data, gradient.data, w.count, &o);
    expect(t, "sgd_step", "w", w, wanted, 1e-6);
    expect(t, "sgd_step", "velocity", velocity, wanted_velocity, 1e-6);
  }
}

static void test_adam(table t) {
  const dense_adam options[] = {{0.01f, 0.1f, 0.999f, 0.001f, 0.0316f, 1e-8f, 0, 1},
                                {0.02f, 0.2f, 0.9f, 0.1f, 0.5f, 1e-3f, 0.3f, 1},
                                {0.02f, 0.2f, 0.9f, 0.1f, 0.5f, 1e-3f, 0, 0.97f}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    const dense_adam o = options[i];
    const array w = uniform(DENSE_FP32, 37, -1, 1), gradient = uniform(DENSE_FP32, 37, -1, 1);
    const array mean = uniform(DENSE_FP32, 37, -1, 1), square = uniform(DENSE_FP32, 37, 0, 1);
    double *wanted = exact(w), *wanted_mean = exact(mean), *wanted_square = exact(square);
    for (int j = 0; j < w.count; j++) {
      const double g = get(gradient, j) + o.weight_decay * wanted[j];
      wanted_mean[j] += o.new_mean * (g - wanted_mean[j]);
      wanted_square[j] = o.kept_square * wanted_square[j] + o.new_square * g * g;
      wanted[j] = o.shrink * wanted[j] - o.step_size * wanted_mean[j] / (sqrt(wanted_square[j]) / o.square_scale + o.epsilon);
    }
    t.kernels->adam_step(w.data, mean.data, square.data, gradient.data, w.count, &o);
    expect(t, "adam_step", "w", w, wanted, 1e-6);
    expect(t, "adam_step", "mean", mean, wanted_mean, 1e-6);
    expect(t, "adam_step", "square", square, wanted_square, 1e-6);
  }
}

void test_parameters(table t) {
  test_packing(t);
  test_sgd(t);
  test_adam(t);
  release_memory();
}

static const table any = {NULL, DENSE_FP32, "any set", 0};

/// Tiles of 1, 2 and 1 pixels.
static void test_joined_moments(void) {
  const int32_t pixels[] = {1, 2, 1};
  const float tile_mean[] = {1, 9, 5, 9, 3}, tile_m2[] = {0, 0, 2, 0, 0};  // of 1; 4, 6; 3; every other float
  float mean, variance;
  dense_join_moments(&mean, &variance, tile_mean, tile_m2, pixels, 3, 2, 1);
  expect_true(any, "dense_join_moments", mean == 3.5f && variance == 3.25f);
}

static void test_sums(void) {
  const float rows[] = {1e8f, 1, -1, 1, 2, -1, -1e8f, 4, -1, 1, 8};  // of two, three apart
  double sum[2];
  dense_sum_rows(sum, rows, 4, 3, 2);
  expect_true(any, "dense_sum_rows", sum[0] == 2 && sum[1] == 15);
}

static void test_loss(void) {
  enum { rows = 6, classes = 7 };
  const int32_t labels[rows] = {0, 6, 3, 3, 1, 5};
  const array logits = uniform(DENSE_FP32, rows * classes, -4, 4), gradient = filled(DENSE_FP32, logits.count, NAN);
  set(logits, 2 * classes + 3, 1000);  // certain
  double losses[rows], *wanted = exact(gradient);
  int correct, wanted_correct = 0, right = 1;
  dense_softmax_cross_entropy(losses, &correct, gradient.data, logits.data, labels, rows, classes, 0.5f);
  for (int r = 0; r < rows; r++) {
    double top = -INFINITY, total = 0;
    for (int k = 0; k < classes; k++) top = fmax(top, get(logits, r * classes + k));
    for (int k = 0; k < classes; k++) total += exp(get(logits, r * classes + k) - top);
    for (int k = 0; k < classes; k++) {
      wanted[r * classes + k] = 0.5 * (exp(get(logits, r * classes + k) - top) / total - (k == labels[r]));
    }
    const double logit = get(logits, r * classes + labels[r]);
    right &= fabs(losses[r] - (log(total) + top - logit)) < 1e-12;
    wanted_correct += logit == top;
  }
  expect(any, "dense_softmax_cross_entropy", "gradient", gradient, wanted, 1e-6);
  expect_true(any, "losses of dense_softmax_cross_entropy", right);
  expect_true(any, "dense_softmax_cross_entropy counts correct rows", correct == wanted_correct && correct > 0);
}

void test_sums_and_loss(void) {
  test_joined_moments();
  test_sums();
  test_loss();
  release_memory();
}
