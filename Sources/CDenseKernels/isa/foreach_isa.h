// Compiles the file DENSE_BODY, a path from this target's root, once per instruction set and, where DENSE_MAPS is defined,
// once more for maps of bf16: each time with its own suffix, target attribute and row of numbers.
// Include the system's headers before this one.
//
// DENSE_ISA, DENSE_FLOAT_ISA     the set, and the set whose kernels over fp32 it uses
// DENSE_PIXELS, DENSE_VECTORS    accumulators of a register tile, in vectors of DENSE_LANES floats
// DENSE_PEAK_CHAINS              vectors with which multiply-adds reach their peak: as many as hide their latency, as few as
//                                fit the registers

#define DENSE_JOIN3(a, b, c) a##_##b##c
#define DENSE_JOIN(a, b, c) DENSE_JOIN3(a, b, c)
#define NAME(name) DENSE_JOIN(name, DENSE_ISA, DENSE_MAP)

// A vector is four registers of 128 bits: small tiles on SSE2, larger where there are 32 registers.
#define DENSE_ISA generic
#define DENSE_FLOAT_ISA generic
#if defined(__aarch64__)
#define DENSE_PIXELS 6
#define DENSE_PEAK_CHAINS 6
#else
#define DENSE_PIXELS 2
#define DENSE_PEAK_CHAINS 3
#endif
#define DENSE_VECTORS 1
#include "isa/foreach_precision.h"

#if defined(__x86_64__)
// 6 x 2 ymm of accumulators, 2 of weights, 1 broadcast: 15 of 16.
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define DENSE_ISA avx2
#define DENSE_FLOAT_ISA avx2
#define DENSE_PIXELS 6
#define DENSE_VECTORS 1
#define DENSE_PEAK_CHAINS 6
#include "isa/foreach_precision.h"
#pragma clang attribute pop

// 14 x 2 zmm of accumulators, 2 of weights, 1 broadcast: 31 of 32.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define DENSE_ISA avx512
#define DENSE_FLOAT_ISA avx512
#define DENSE_PIXELS 14
#define DENSE_VECTORS 2
#define DENSE_PEAK_CHAINS 16
#include "isa/foreach_precision.h"
#pragma clang attribute pop

// With fp32 maps there is nothing to gain from bf16 instructions.
#ifdef DENSE_MAPS
#pragma clang attribute push(__attribute__((target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define DENSE_ISA avx512bf16
#define DENSE_FLOAT_ISA avx512
#define DENSE_NATIVE_BF16
#define DENSE_PIXELS 14
#define DENSE_VECTORS 2
#define DENSE_PEAK_CHAINS 16
#include "isa/foreach_precision.h"
#pragma clang attribute pop
#endif
#endif
