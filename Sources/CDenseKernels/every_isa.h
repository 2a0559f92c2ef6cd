// Compiles the file DENSE_BODY once per instruction set, each time with its own suffix, target attribute and
// register budget: DENSE_PIXELS x DENSE_VECTORS accumulators. Include the system's headers before this one.

#define DENSE_JOIN2(a, b) a##_##b
#define DENSE_JOIN(a, b) DENSE_JOIN2(a, b)
#define NAME(name) DENSE_JOIN(name, DENSE_SUFFIX)

// Accumulators are pairs of 128-bit registers times four: small tiles on SSE2, larger where there are 32 registers.
#define DENSE_SUFFIX generic
#if defined(__aarch64__)
#define DENSE_PIXELS 6
#else
#define DENSE_PIXELS 2
#endif
#define DENSE_VECTORS 1
#include DENSE_BODY
#undef DENSE_SUFFIX
#undef DENSE_PIXELS
#undef DENSE_VECTORS

#if defined(__x86_64__)
// 6 x 2 ymm of accumulators, 2 of weights, 1 broadcast: 15 of 16.
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define DENSE_SUFFIX avx2
#define DENSE_PIXELS 6
#define DENSE_VECTORS 1
#include DENSE_BODY
#undef DENSE_SUFFIX
#undef DENSE_PIXELS
#undef DENSE_VECTORS
#pragma clang attribute pop

// 14 x 2 zmm of accumulators, 2 of weights, 1 broadcast: 31 of 32.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define DENSE_SUFFIX avx512
#define DENSE_PIXELS 14
#define DENSE_VECTORS 2
#include DENSE_BODY
#undef DENSE_SUFFIX
#undef DENSE_PIXELS
#undef DENSE_VECTORS
#pragma clang attribute pop
#endif
