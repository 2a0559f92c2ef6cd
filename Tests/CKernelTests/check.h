/// What the tests of the C kernels share: arrays of exact size, and their comparison with values in double precision.
#ifndef CHECK_H
#define CHECK_H

#include <math.h>

#include "dense_int8_kernels.h"

/// Kernels under test, and what their maps hold.
typedef struct {
  const dense_kernels *kernels;
  dense_precision precision;
  const char *name;
  int pairs;  // whether direct convolutions multiply pairs of bf16
} table;

/// The same for maps of bytes.
typedef struct {
  const dense_int8_kernels *kernels;
  dense_int8_isa isa;
  const char *name;
} int8_table;

void test_convolutions(table t);
void test_stem(table t);
void test_maps(table t);
void test_parameters(table t);
void test_int8(int8_table t);
/// Prints the speed of the kernels that have `part` in their names; NULL: of all. -> whether none is forgotten
int time_kernels(table t, dense_isa isa, const char *part);
int time_int8_kernels(int8_table t, const char *part);
/// Without an instruction set.
void test_sums_and_loss(void);

/// Values of one precision, each array an allocation of its own, so that the address sanitizer sees a step beyond it.
typedef struct {
  dense_precision precision;
  int count;
  void *data;
} array;

/// Zeros, until release_memory.
void *take(size_t count, size_t size);
void release_memory(void);

/// One value everywhere. NaN: what is not written shows.
array filled(dense_precision precision, int count, double value);
/// Uniform in [low, high), the same in every run.
array uniform(dense_precision precision, int count, double low, double high);
/// Of 16 bits, and zeros up to what maps of bytes want.
int16_t *some_words(int count, double low, double high);
double rounded(dense_precision precision, double value);
double get(array a, int index);
/// Rounds to the array's precision.
void set(array a, int index, double value);
/// The values in double precision.
double *exact(array a);

/// Compares element by element. One may be off by `tolerance` of the greatest, before its rounding to what the array
/// holds. NaN is wanted where nothing should have been written.
void expect(table t, const char *test, const char *what, array got, const double *wanted, double tolerance);
void expect_true(table t, const char *test, int holds);
void expect_that(const char *kernels, const char *test, const char *what, int holds);
/// Compares with the moments of those pixels of y, `stride` apart, that each tile has.
void expect_moments(table t, const char *test, array mean, array m2, array y, int stride, const int *tile, int pixels);
extern int passed, failed;

/// y [pixel, out] += a [pixel, in] convolved with w [out, kernel_h, kernel_w, in]; dw += g times a; da += w turned,
/// convolved with g. Any of y, dw, da may be NULL.
void convolve(double *y, double *dw, double *da, const double *a, const double *w, const double *g,
              const dense_conv_shape *s, int images);

typedef struct {
  int image, row, column;
} place;

static inline place place_of(int pixel, int height, int width) {
  return (place){pixel / width / height, pixel / width % height, pixel % width};
}
static inline int least(int a, int b) { return a < b ? a : b; }
static inline int round_to(int count, int step) { return (count + step - 1) / step * step; }

#endif
