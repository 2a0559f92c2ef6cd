// Runs every kernel of every instruction set that this machine has, for maps of both precisions, against plain loops in
// double precision. `--time` and a part of kernels' names, or nothing: times them instead.
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

/// Whether denormal numbers are taken as zero.
static int flushes(void) {
  volatile float least_normal = FLT_MIN;
  return least_normal * 0.5f == 0;
}

static void test_machine(table t, dense_isa isa) {
#define MAP_KERNEL(name, ...) expect_true(t, #name " is in the table", t.kernels->name != NULL);
#define FLOAT_KERNEL(name, ...) MAP_KERNEL(name)
#define PACKING_KERNEL(name, ...) MAP_KERNEL(name)
#include "kernels.inc"
  expect_true(t, "a peak can be measured", dense_peak_for(isa)(100) > 0);
  dense_flush_denormals(1);
  expect_true(t, "denormals are flushed", flushes());
  expect_true(t, "flushing is remembered, and ends", dense_flush_denormals(0) && !flushes());
  dense_pause();
}

int main(int count, char **words) {
  const int times = count > 1 && strcmp(words[1], "--time") == 0;
  const char *names[][2] = {
    {"generic", "generic, bf16"}, {"avx2", "avx2, bf16"}, {"avx512", "avx512, bf16"}, {"avx512bf16", "avx512bf16, bf16"}};
  for (dense_isa isa = DENSE_ISA_GENERIC; isa <= DENSE_ISA_AVX512BF16; isa++) {
    for (dense_precision precision = DENSE_FP32; precision <= DENSE_BF16; precision++) {
      const table t = {dense_kernels_for(isa, precision), precision, names[isa][precision],
                       isa == DENSE_ISA_AVX512BF16 && precision == DENSE_BF16};
      if (!t.kernels) continue;
      if (times) {
        expect_true(t, "every kernel is timed", time_kernels(t, isa, count > 2 ? words[2] : NULL));
        continue;
      }
      const int before = passed + failed;
      test_machine(t, isa);
      test_convolutions(t);
      test_stem(t);
      test_maps(t);
      test_parameters(t);
      printf("%s: %d checks\n", t.name, passed + failed - before);
    }
  }
  const char *int8_names[] = {"int8, generic", "int8, avx2", "int8, avxvnni", "int8, avx512", "int8, avx512vnni"};
  for (dense_int8_isa isa = DENSE_INT8_GENERIC; isa <= DENSE_INT8_AVX512VNNI; isa++) {
    const int8_table t = {dense_int8_kernels_for(isa), isa, int8_names[isa]};
    if (!t.kernels) continue;
    if (times) {
      expect_that(t.name, "every kernel", "is timed", time_int8_kernels(t, count > 2 ? words[2] : NULL));
      continue;
    }
    const int before = passed + failed;
    test_int8(t);
    printf("%s: %d checks\n", t.name, passed + failed - before);
  }
  if (!times) test_sums_and_loss();
  printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0;
}
