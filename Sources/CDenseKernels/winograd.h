// F(4x4, 3x3) of Winograd's minimal filtering (Lavin and Gray 2016): a 4x4 square of outputs from a 6x6 square of
// inputs by 36 products instead of 144.
//
//   y = A' [(G g G') . (B' d B)] A      and, being linear in g,      dg = G' [(A dy A') . (B' d B)] G
//
// with the interpolation points 0, 1, -1, 2, -2 and infinity. The transforms are additions and multiplications by small
// integers (and quotients for G); their error in fp32 is about 2e-6 of the result.
#ifndef DENSE_WINOGRAD_H
#define DENSE_WINOGRAD_H

#include "vectors.h"

enum {
  WINOGRAD_OUT = 4,    // side of a square of outputs
  WINOGRAD_IN = 6,     // and of the inputs that it sees
  WINOGRAD_POINTS = 36,
  WINOGRAD_CHANNELS = 64,  // input channels transformed at a time, so that they stay in L2
};

/// The side of `extent` in squares.
ALWAYS_INLINE int winograd_squares(int extent) { return (extent + WINOGRAD_OUT - 1) / WINOGRAD_OUT; }

/// Floats of scratch for a tile.
ALWAYS_INLINE ptrdiff_t winograd_scratch(const dense_conv_shape *s, int backward) {
  const ptrdiff_t down = winograd_squares(s->rows_per_tile), across = winograd_squares(s->out_width);
  const ptrdiff_t squares = s->images_per_tile * down * across;
  const ptrdiff_t pixels = s->images_per_tile * (down * WINOGRAD_OUT + 2) * (across * WINOGRAD_OUT + 2);
  const ptrdiff_t channels = min_int(s->in_channels, WINOGRAD_CHANNELS);
  const ptrdiff_t block = min_int(DENSE_BLOCK, max_int(s->out_channels, s->in_channels));
  const ptrdiff_t weights = (WINOGRAD_POINTS * squares + pixels) * channels;
  const ptrdiff_t products = WINOGRAD_POINTS * squares * block;
  if (!backward) return weights + products;
  const ptrdiff_t gradients = (WINOGRAD_POINTS * squares + pixels) * s->out_channels;
  const ptrdiff_t inputs = WINOGRAD_POINTS * squares * s->out_channels + products;
  return gradients + (weights > inputs ? weights : inputs);
}

// The transforms of one dimension, on vectors: to[i * ts] from d[i * ds].

/// B' d: 6 from 6.
#define WINOGRAD_INPUT(to, ts, d, ds) do { \
    const vf d0 = (d)[0], d1 = (d)[(ds)], d2 = (d)[2 * (ds)], d3 = (d)[3 * (ds)], d4 = (d)[4 * (ds)], d5 = (d)[5 * (ds)]; \
    const vf p = d4 - d2 * 4.0f, q = d3 - d1 * 4.0f, r = d4 - d2, u = (d3 - d1) * 2.0f; \
    (to)[0] = d0 * 4.0f - d2 * 5.0f + d4; \
    (to)[(ts)] = p + q; \
    (to)[2 * (ts)] = p - q; \
    (to)[3 * (ts)] = r + u; \
    (to)[4 * (ts)] = r - u; \
    (to)[5 * (ts)] = d1 * 4.0f - d3 * 5.0f + d5; \
  } while (0)

/// A' m: 4 from 6.
#define WINOGRAD_OUTPUT(to, ts, m, ms) do { \
    const vf s1 = (m)[(ms)] + (m)[2 * (ms)], e1 = (m)[(ms)] - (m)[2 * (ms)]; \
    const vf s2 = (m)[3 * (ms)] + (m)[4 * (ms)], e2 = (m)[3 * (ms)] - (m)[4 * (ms)]; \
    (to)[0] = (m)[0] + s1 + s2; \
    (to)[(ts)] = e1 + e2 * 2.0f; \
    (to)[2 * (ts)] = s1 + s2 * 4.0f; \
    (to)[3 * (ts)] = e1 + e2 * 8.0f + (m)[5 * (ms)]; \
  } while (0)

/// A g: 6 from 4.
#define WINOGRAD_GRADIENT(to, ts, g, gs) do { \
    const vf even = (g)[0] + (g)[2 * (gs)], odd = (g)[(gs)] + (g)[3 * (gs)]; \
    const vf even2 = (g)[0] + (g)[2 * (gs)] * 4.0f, odd2 = (g)[(gs)] * 2.0f + (g)[3 * (gs)] * 8.0f; \
    (to)[0] = (g)[0]; \
    (to)[(ts)] = even + odd; \
    (to)[2 * (ts)] = even - odd; \
    (to)[3 * (ts)] = even2 + odd2; \
    (to)[4 * (ts)] = even2 - odd2; \
    (to)[5 * (ts)] = (g)[3 * (gs)]; \
  } while (0)

/// G w: 6 from 3.
#define WINOGRAD_WEIGHT(to, ts, w, ws) do { \
    const vf outer = (w)[0] + (w)[2 * (ws)], outer2 = (w)[0] * (1.0f / 24) + (w)[2 * (ws)] * (1.0f / 6); \
    const vf middle2 = (w)[(ws)] * (1.0f / 12); \
    (to)[0] = (w)[0] * 0.25f; \
    (to)[(ts)] = (outer + (w)[(ws)]) * (-1.0f / 6); \
    (to)[2 * (ts)] = (outer - (w)[(ws)]) * (-1.0f / 6); \
    (to)[3 * (ts)] = outer2 + middle2; \
    (to)[4 * (ts)] = outer2 - middle2; \
    (to)[5 * (ts)] = (w)[2 * (ws)]; \
  } while (0)

/// G' u: 3 from 6.
#define WINOGRAD_WEIGHT_GRADIENT(to, ts, u, us) do { \
    const vf s1 = (u)[(us)] + (u)[2 * (us)], e1 = (u)[(us)] - (u)[2 * (us)]; \
    const vf s2 = (u)[3 * (us)] + (u)[4 * (us)], e2 = (u)[3 * (us)] - (u)[4 * (us)]; \
    (to)[0] = (u)[0] * 0.25f - s1 * (1.0f / 6) + s2 * (1.0f / 24); \
    (to)[(ts)] = e2 * (1.0f / 12) - e1 * (1.0f / 6); \
    (to)[2 * (ts)] = s2 * (1.0f / 6) - s1 * (1.0f / 6) + (u)[5 * (us)]; \
  } while (0)

#endif
