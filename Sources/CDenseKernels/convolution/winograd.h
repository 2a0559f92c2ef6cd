// Winograd's minimal filtering of 3x3 convolutions (Lavin and Gray 2016): F(m x m, 3x3) makes a square of m x m outputs
// from (m + 2) x (m + 2) inputs by (m + 2)^2 products instead of 9 m^2; here m is 4 (36 for 144) or 6 (64 for 324).
//
//   y = A' [(G g G') . (B' d B)] A      and, being linear in g,      dg = G' [(A dy A') . (B' d B)] G
//
// Interpolation points are 0, 1, -1, 2, -2, for m = 6 also 1/2 and -1/2, and infinity. The error in fp32 is about 2e-6
// of the result for m = 4 and 4e-6 for m = 6.
#ifndef DENSE_WINOGRAD_H
#define DENSE_WINOGRAD_H

#include "isa/simd.h"

enum {
  WINOGRAD_MAX_POINTS = 64,
  WINOGRAD_CHANNELS = 32,  // input channels transformed at a time, so that they stay in L2
};

/// The products of a square of `side` outputs a side.
ALWAYS_INLINE int winograd_points(int side) { return (side + 2) * (side + 2); }

/// The side of `extent` in squares.
ALWAYS_INLINE int winograd_squares(int extent, int side) { return (extent + side - 1) / side; }

/// The channels of one pass over the input: equal parts, in whole vectors, that fit the cache.
ALWAYS_INLINE int winograd_channel_step(int channels) {
  const int parts = (channels + WINOGRAD_CHANNELS - 1) / WINOGRAD_CHANNELS;
  return round_up((channels + parts - 1) / parts, DENSE_LANES);
}

/// Floats of scratch for a tile.
ALWAYS_INLINE ptrdiff_t winograd_scratch(const dense_conv_shape *s, int backward) {
  const int side = s->winograd, points = winograd_points(side);
  const ptrdiff_t down = winograd_squares(s->rows_per_tile, side), across = winograd_squares(s->out_width, side);
  const ptrdiff_t values = points * s->images_per_tile * down * across;  // of one channel
  const ptrdiff_t pixels = s->images_per_tile * (down * side + 2) * (across * side + 2);
  const ptrdiff_t planes = values * winograd_channel_step(s->in_channels);
  const ptrdiff_t products = values * min_int(DENSE_BLOCK, max_int(s->out_channels, s->in_channels));
  if (!backward) return planes + products;
  const ptrdiff_t inputs = values * s->out_channels + products;
  return (values + pixels) * s->out_channels + (planes > inputs ? planes : inputs);
}

// The transforms of one dimension, on vectors: to[i * ts] from d[i * ds].

/// B' d: 6 from 6.
#define WINOGRAD4_INPUT(to, ts, d, ds) do { \
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
#define WINOGRAD4_OUTPUT(to, ts, m, ms) do { \
    const vf s1 = (m)[(ms)] + (m)[2 * (ms)], e1 = (m)[(ms)] - (m)[2 * (ms)]; \
    const vf s2 = (m)[3 * (ms)] + (m)[4 * (ms)], e2 = (m)[3 * (ms)] - (m)[4 * (ms)]; \
    (to)[0] = (m)[0] + s1 + s2; \
    (to)[(ts)] = e1 + e2 * 2.0f; \
    (to)[2 * (ts)] = s1 + s2 * 4.0f; \
    (to)[3 * (ts)] = e1 + e2 * 8.0f + (m)[5 * (ms)]; \
  } while (0)

/// A g: 6 from 4.
#define WINOGRAD4_GRADIENT(to, ts, g, gs) do { \
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
#define WINOGRAD4_WEIGHT(to, ts, w, ws) do { \
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
#define WINOGRAD4_WEIGHT_GRADIENT(to, ts, u, us) do { \
    const vf s1 = (u)[(us)] + (u)[2 * (us)], e1 = (u)[(us)] - (u)[2 * (us)]; \
    const vf s2 = (u)[3 * (us)] + (u)[4 * (us)], e2 = (u)[3 * (us)] - (u)[4 * (us)]; \
    (to)[0] = (u)[0] * 0.25f - s1 * (1.0f / 6) + s2 * (1.0f / 24); \
    (to)[(ts)] = e2 * (1.0f / 12) - e1 * (1.0f / 6); \
    (to)[2 * (ts)] = s2 * (1.0f / 6) - s1 * (1.0f / 6) + (u)[5 * (us)]; \
  } while (0)

/// B' d: 8 from 8.
#define WINOGRAD6_INPUT(to, ts, d, ds) do { \
    const vf d0 = (d)[0], d1 = (d)[(ds)], d2 = (d)[2 * (ds)], d3 = (d)[3 * (ds)]; \
    const vf d4 = (d)[4 * (ds)], d5 = (d)[5 * (ds)], d6 = (d)[6 * (ds)], d7 = (d)[7 * (ds)]; \
    const vf p1 = d2 + d6 - d4 * 4.25f, q1 = d1 + d5 - d3 * 4.25f; \
    const vf d4s = d4 * 1.25f, d3s = d3 * 2.5f; \
    const vf p2 = d2 * 0.25f + d6 - d4s, q2 = d1 * 0.5f - d3s + d5 * 2.0f; \
    const vf p3 = (d2 - d4s) * 4.0f + d6, q3 = d1 * 2.0f - d3s + d5 * 0.5f; \
    (to)[0] = (d4 - d2) * 5.25f + d0 - d6; \
    (to)[(ts)] = p1 + q1; \
    (to)[2 * (ts)] = p1 - q1; \
    (to)[3 * (ts)] = p2 + q2; \
    (to)[4 * (ts)] = p2 - q2; \
    (to)[5 * (ts)] = p3 + q3; \
    (to)[6 * (ts)] = p3 - q3; \
    (to)[7 * (ts)] = (d3 - d5) * 5.25f + d7 - d1; \
  } while (0)

/// The sums and differences of the results at points of opposite sign.
#define WINOGRAD6_PAIRS(m, ms) \
    const vf s1 = (m)[(ms)] + (m)[2 * (ms)], e1 = (m)[(ms)] - (m)[2 * (ms)]; \
    const vf s2 = (m)[3 * (ms)] + (m)[4 * (ms)], e2 = (m)[3 * (ms)] - (m)[4 * (ms)]; \
    const vf s3 = (m)[5 * (ms)] + (m)[6 * (ms)], e3 = (m)[5 * (ms)] - (m)[6 * (ms)]

/// A' m: 6 from 8.
#define WINOGRAD6_OUTPUT(to, ts, m, ms) do { \
    WINOGRAD6_PAIRS(m, ms); \
    (to)[0] = (m)[0] + s1 + s2 + s3; \
    (to)[(ts)] = e1 + e2 * 2.0f + e3 * 0.5f; \
    (to)[2 * (ts)] = s1 + s2 * 4.0f + s3 * 0.25f; \
    (to)[3 * (ts)] = e1 + e2 * 8.0f + e3 * 0.125f; \
    (to)[4 * (ts)] = s1 + s2 * 16.0f + s3 * 0.0625f; \
    (to)[5 * (ts)] = e1 + e2 * 32.0f + e3 * 0.03125f + (m)[7 * (ms)]; \
  } while (0)

/// A g: 8 from 6.
#define WINOGRAD6_GRADIENT(to, ts, g, gs) do { \
    const vf g0 = (g)[0], g1 = (g)[(gs)], g2 = (g)[2 * (gs)], g3 = (g)[3 * (gs)], g4 = (g)[4 * (gs)], g5 = (g)[5 * (gs)]; \
    const vf p1 = g0 + g2 + g4, q1 = g1 + g3 + g5; \
    const vf p2 = g0 + g2 * 4.0f + g4 * 16.0f, q2 = g1 * 2.0f + g3 * 8.0f + g5 * 32.0f; \
    const vf p3 = g0 + g2 * 0.25f + g4 * 0.0625f, q3 = g1 * 0.5f + g3 * 0.125f + g5 * 0.03125f; \
    (to)[0] = g0; \
    (to)[(ts)] = p1 + q1; \
    (to)[2 * (ts)] = p1 - q1; \
    (to)[3 * (ts)] = p2 + q2; \
    (to)[4 * (ts)] = p2 - q2; \
    (to)[5 * (ts)] = p3 + q3; \
    (to)[6 * (ts)] = p3 - q3; \
    (to)[7 * (ts)] = g5; \
  } while (0)

/// G w: 8 from 3.
#define WINOGRAD6_WEIGHT(to, ts, w, ws) do { \
    const vf w0 = (w)[0], w1 = (w)[(ws)], w2 = (w)[2 * (ws)]; \
    const vf p2 = w0 * (1.0f / 90) + w2 * (2.0f / 45), q2 = w1 * (1.0f / 45); \
    const vf p3 = w0 * (32.0f / 45) + w2 * (8.0f / 45), q3 = w1 * (16.0f / 45); \
    (to)[0] = w0; \
    (to)[(ts)] = (w0 + w2 + w1) * (-2.0f / 9); \
    (to)[2 * (ts)] = (w0 + w2 - w1) * (-2.0f / 9); \
    (to)[3 * (ts)] = p2 + q2; \
    (to)[4 * (ts)] = p2 - q2; \
    (to)[5 * (ts)] = p3 + q3; \
    (to)[6 * (ts)] = p3 - q3; \
    (to)[7 * (ts)] = w2; \
  } while (0)

/// G' u: 3 from 8.
#define WINOGRAD6_WEIGHT_GRADIENT(to, ts, u, us) do { \
    WINOGRAD6_PAIRS(u, us); \
    (to)[0] = (u)[0] - s1 * (2.0f / 9) + s2 * (1.0f / 90) + s3 * (32.0f / 45); \
    (to)[(ts)] = e2 * (1.0f / 45) - e1 * (2.0f / 9) + e3 * (16.0f / 45); \
    (to)[2 * (ts)] = s2 * (2.0f / 45) - s1 * (2.0f / 9) + s3 * (8.0f / 45) + (u)[7 * (us)]; \
  } while (0)

#endif
