// The greatest of a pooling window, as both the stem and the pools find it.
#ifndef DENSE_WINDOW_MAXIMUM_H
#define DENSE_WINDOW_MAXIMUM_H

#include "isa/simd.h"

/// Of rows h0..<h1 and columns w0..<w1 of `map` (row 0, column 0 of one vector of channels): the first greatest value
/// and its place in the window, (h - top) * kernel + w - left, with the caller's `s` (a dense_pool_shape), `top`, `left`,
/// h0, h1, w0 and w1; `load` reads a vector. A NaN wins, as PyTorch's does.
#define WINDOW_MAXIMUM(best, index, load, map, row_step, column_step) do { \
    best = SPLAT(-__builtin_inff()); \
    index = (vi)((h0 - top) * s->kernel + w0 - left); \
    for (int h = h0; h < h1; h++) { \
      for (int w = w0; w < w1; w++) { \
        const vf candidate = load((map) + h * (row_step) + w * (ptrdiff_t)(column_step)); \
        const vi better = (candidate > best) | (candidate != candidate); \
        best = better ? candidate : best; \
        index = better ? (vi)((h - top) * s->kernel + w - left) : index; \
      } \
    } \
  } while (0)

#endif
