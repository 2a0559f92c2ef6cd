#include "isa/kernel_table.h"
#include "isa/simd.h"
#include "isa/unroll.h"

#define DENSE_BODY "isa/peak.body.h"
#include "isa/foreach_isa.h"
#undef DENSE_BODY

#define DENSE_MAPS
#define DENSE_BODY "isa/table.body.h"
#include "isa/foreach_isa.h"

#if defined(__x86_64__)
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
#endif

const dense_kernels *dense_kernels_for(dense_isa isa, dense_precision precision) {
#define OF(fp32_maps, bf16_maps) (precision == DENSE_BF16 ? table_##bf16_maps() : table_##fp32_maps())
  switch (isa) {
    case DENSE_ISA_GENERIC: return OF(generic, generic_bf16);
#if defined(__x86_64__)
    // These ask the operating system too, whether it saves the registers.
    case DENSE_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? OF(avx2, avx2_bf16) : NULL;
    case DENSE_ISA_AVX512: return has_avx512() ? OF(avx512, avx512_bf16) : NULL;
    case DENSE_ISA_AVX512BF16:
      return has_avx512() && __builtin_cpu_supports("avx512bf16") ? OF(avx512, avx512bf16_bf16) : NULL;
#endif
    default: return NULL;
  }
}

dense_peak_function dense_peak_for(dense_isa isa) {
  if (!dense_kernels_for(isa, DENSE_FP32)) return NULL;
#if defined(__x86_64__)
  if (isa == DENSE_ISA_AVX2) return peak_avx2;
  if (isa == DENSE_ISA_AVX512 || isa == DENSE_ISA_AVX512BF16) return peak_avx512;
#endif
  return peak_generic;
}

int dense_isa_pays(dense_isa isa) {
#if defined(__x86_64__)
  // A pair of bf16 products takes Intel's processors as long as four of fp32: direct convolutions 78 GFLOP/s instead of 141
  // by widening, on a Xeon of 2023 (model 207). AMD's take half of two.
  if (isa == DENSE_ISA_AVX512BF16) return !__builtin_cpu_is("intel");
#endif
  (void)isa;
  return 1;
}

int dense_flush_denormals(int flush) {
#if defined(__x86_64__)
  const unsigned bits = 0x8040, old = _mm_getcsr();  // flush to zero, denormals are zero
  _mm_setcsr(flush ? old | bits : old & ~bits);
  return (old & bits) == bits;
#elif defined(__aarch64__)
  uint64_t old, bit = 1u << 24;
  __asm__ volatile("mrs %0, fpcr" : "=r"(old));
  __asm__ volatile("msr fpcr, %0" ::"r"(flush ? old | bit : old & ~bit));
  return (old & bit) != 0;
#else
  (void)flush;
  return 0;
#endif
}

void dense_pause(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
