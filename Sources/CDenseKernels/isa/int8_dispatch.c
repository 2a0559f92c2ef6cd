#include "isa/int8_table.h"
#include "isa/simd.h"

#define DENSE_BODY "isa/int8_table.body.h"
#include "isa/foreach_int8_isa.h"

#if defined(__x86_64__)
static int has(dense_isa isa) { return dense_kernels_for(isa, DENSE_FP32) != NULL; }
#endif

const dense_int8_kernels *dense_int8_kernels_for(dense_int8_isa isa) {
  switch (isa) {
    case DENSE_INT8_GENERIC: return int8_table_generic();
#if defined(__x86_64__)
    case DENSE_INT8_AVX2: return has(DENSE_ISA_AVX2) ? int8_table_avx2() : NULL;
    case DENSE_INT8_AVXVNNI: return has(DENSE_ISA_AVX2) && __builtin_cpu_supports("avxvnni") ? int8_table_avxvnni() : NULL;
    case DENSE_INT8_AVX512: return has(DENSE_ISA_AVX512) ? int8_table_avx512() : NULL;
    case DENSE_INT8_AVX512VNNI:
      return has(DENSE_ISA_AVX512) && __builtin_cpu_supports("avx512vnni") ? int8_table_avx512vnni() : NULL;
#endif
    default: return NULL;
  }
}

dense_int8_isa dense_int8_best(dense_isa isa) {
  switch (isa) {
    case DENSE_ISA_AVX2: return dense_int8_kernels_for(DENSE_INT8_AVXVNNI) ? DENSE_INT8_AVXVNNI : DENSE_INT8_AVX2;
    case DENSE_ISA_AVX512:
    case DENSE_ISA_AVX512BF16:
      return dense_int8_kernels_for(DENSE_INT8_AVX512VNNI) ? DENSE_INT8_AVX512VNNI : DENSE_INT8_AVX512;
    default: return DENSE_INT8_GENERIC;
  }
}

dense_peak_function dense_int8_peak_for(dense_int8_isa isa) {
  if (!dense_int8_kernels_for(isa)) return NULL;
  switch (isa) {
#if defined(__x86_64__)
    case DENSE_INT8_AVX2: return int8_peak_avx2;
    case DENSE_INT8_AVXVNNI: return int8_peak_avxvnni;
    case DENSE_INT8_AVX512: return int8_peak_avx512;
    case DENSE_INT8_AVX512VNNI: return int8_peak_avx512vnni;
#endif
    default: return int8_peak_generic;
  }
}
