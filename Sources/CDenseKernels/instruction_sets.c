#include "kernel_table.h"
#include "vectors.h"

#define DENSE_BODY "peak.body.h"
#include "every_isa.h"

#define TABLE(isa) \
  {conv_forward_##isa, conv_backward_##isa, unpool_##isa, max_pool_forward_##isa, max_pool_sums_##isa, \
   max_pool_backward_##isa, avg_pool_forward_##isa, avg_pool_backward_##isa, moments_##isa, affine_##isa, norm_sums_##isa, norm_backward_##isa, \
   pack_weights_##isa, pack_weights_transposed_##isa, unpack_gradient_##isa, sgd_step_##isa}

static const dense_kernels generic_kernels = TABLE(generic);
#if defined(__x86_64__)
#include <immintrin.h>
static const dense_kernels avx2_kernels = TABLE(avx2), avx512_kernels = TABLE(avx512);
#endif

const dense_kernels *dense_kernels_for(dense_isa isa) {
  switch (isa) {
    case DENSE_ISA_GENERIC: return &generic_kernels;
#if defined(__x86_64__)
    // These ask the operating system too, whether it saves the registers.
    case DENSE_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2_kernels : NULL;
    case DENSE_ISA_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                 ? &avx512_kernels
                 : NULL;
#endif
    default: return NULL;
  }
}

dense_peak_function dense_peak_for(dense_isa isa) {
  if (!dense_kernels_for(isa)) return NULL;
#if defined(__x86_64__)
  if (isa == DENSE_ISA_AVX2) return peak_avx2;
  if (isa == DENSE_ISA_AVX512) return peak_avx512;
#endif
  return peak_generic;
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
