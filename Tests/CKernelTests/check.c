#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int passed = 0, failed = 0;

static void *taken[256];
static size_t taken_count = 0;

void *take(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory || taken_count == sizeof taken / sizeof *taken) abort();
  return taken[taken_count++] = memory;
}

void release_memory(void) {
  while (taken_count > 0) free(taken[--taken_count]);
}

double get(array a, int index) {
  if (a.precision == DENSE_FP32) return ((const float *)a.data)[index];
  const uint32_t bits = (uint32_t)((const uint16_t *)a.data)[index] << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// To fp32, or to the eight significant bits of bf16, ties to even; not for denormal numbers.
double rounded(dense_precision precision, double value) {
  if (precision == DENSE_FP32 || !isfinite(value) || value == 0) return (float)value;
  int exponent;
  frexp(value, &exponent);
  return (float)ldexp(rint(ldexp(value, 8 - exponent)), exponent - 8);
}

void set(array a, int index, double value) {
  const float f = (float)rounded(a.precision, value);
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  if (a.precision == DENSE_FP32) ((float *)a.data)[index] = f; else ((uint16_t *)a.data)[index] = (uint16_t)(bits >> 16);
}

array filled(dense_precision precision, int count, double value) {
  array a = {precision, count, take(count, precision == DENSE_BF16 ? 2 : 4)};
  for (int i = 0; i < count; i++) set(a, i, value);
  return a;
}

array uniform(dense_precision precision, int count, double low, double high) {
  static uint64_t state = 1;
  array a = filled(precision, count, 0);
  for (int i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    set(a, i, low + (high - low) * (double)(state >> 40) * 0x1p-24);
  }
  return a;
}

int16_t *some_words(int count, double low, double high) {
  const array values = uniform(DENSE_FP32, count, low, high);
  int16_t *words = take((size_t)round_to(count, DENSE_INT8_PADDING), sizeof *words);
  for (int i = 0; i < count; i++) words[i] = (int16_t)get(values, i);
  return words;
}

double *exact(array a) {
  double *values = take(a.count, sizeof(double));
  for (int i = 0; i < a.count; i++) values[i] = get(a, i);
  return values;
}

void expect_that(const char *kernels, const char *test, const char *what, int holds) {
  *(holds ? &passed : &failed) += 1;
  if (!holds) printf("%s, %s, %s: does not hold\n", kernels, test, what);
}

void expect_true(table t, const char *test, int holds) { expect_that(t.name, test, "in all", holds); }

void expect(table t, const char *test, const char *what, array got, const double *wanted, double tolerance) {
  double greatest = 0;
  for (int i = 0; i < got.count; i++) {
    if (isfinite(wanted[i])) greatest = fmax(greatest, fabs(wanted[i]));
  }
  const double slack = tolerance * greatest;
  int wrong = 0;
  for (int i = 0; i < got.count; i++) {
    const double value = get(got, i);
    const double low = rounded(got.precision, wanted[i] - slack), high = rounded(got.precision, wanted[i] + slack);
    if (isnan(wanted[i]) ? isnan(value) : low <= value && value <= high) continue;
    if (wrong++ == 0) printf("%s, %s, %s [%d]: wanted %.9g, got %.9g, slack %.2g\n", t.name, test, what, i, wanted[i], value, slack);
  }
  *(wrong ? &failed : &passed) += 1;
  if (wrong) printf("%s, %s, %s: %d of %d are wrong\n", t.name, test, what, wrong, got.count);
}

void expect_moments(table t, const char *test, array mean, array m2, array y, int stride, const int *tile, int pixels) {
  const int channels = mean.count / (tile[pixels - 1] + 1);
  double *count = take(mean.count, sizeof(double)), *means = take(mean.count, sizeof(double));
  double *squares = take(mean.count, sizeof(double));
  for (int pass = 0; pass < 3; pass++) {
    for (int at = 0; at < pixels * channels; at++) {
      const int to = tile[at / channels] * channels + at % channels;
      const double value = get(y, at / channels * stride + at % channels), deviation = value - means[to];
      if (pass == 0) count[to] += 1;
      if (pass == 1) means[to] += value / count[to];
      if (pass == 2) squares[to] += deviation * deviation;
    }
  }
  expect(t, test, "mean", mean, means, 1e-6);
  expect(t, test, "m2", m2, squares, 1e-5);
}
