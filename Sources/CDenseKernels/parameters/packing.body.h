// Weights in and out of the order that the dot-product loop reads.
//
// Packed: blocks of DENSE_BLOCK output channels (the last one may be half), each [kernel_h, kernel_w, in, block].
// Unpacked: [out, kernel_h, kernel_w, in], logical channels only. For Winograd's algorithm the nine values of a 3x3
// kernel become 36 or 64. Where the machine multiplies pairs of bf16, direct weights are those, [.., in / 2, block, 2].
#if !defined(DENSE_HALF_MAPS) || defined(DENSE_NATIVE_BF16)

/// Where value 0 of (out k, in c) lies in packed weights, and how far apart its values are.
ALWAYS_INLINE ptrdiff_t NAME(packed_at)(int k, int c, int out_padded, int in_padded, int values, ptrdiff_t *step) {
  const int first = k / DENSE_BLOCK * DENSE_BLOCK, width = min_int(DENSE_BLOCK, out_padded - first);
  *step = (ptrdiff_t)in_padded * width;
  return (ptrdiff_t)first * values * in_padded + (ptrdiff_t)c * width + (k - first);
}

/// G w G' of one vector of kernels, `one` being G.
#define TRANSFORM_KERNELS(to, in, side, one) do { \
    vf half[side][3]; \
    FULLY_UNROLLED for (int x = 0; x < 3; x++) { \
      const vf column[3] = {(in)[x], (in)[3 + x], (in)[6 + x]}; \
      one(&half[0][x], 3, column, 1); \
    } \
    FULLY_UNROLLED for (int y = 0; y < side; y++) one((to) + y * side, 1, half[y], 1); \
  } while (0)

/// Stores `count` lanes of a vector's values, `values` of them, `step` floats apart.
ALWAYS_INLINE void NAME(store_values)(float *to, const vf *from, int values, ptrdiff_t step, int count) {
  for (int e = 0; e < values; e++) {
    if (count == DENSE_LANES) {
      STORE(to + e * step, from[e]);
    } else {
      float lanes[DENSE_LANES];
      STORE(lanes, from[e]);
      memcpy(to + e * step, lanes, count * sizeof(float));
    }
  }
}

/// The packed values of one vector of kernels of Winograd's; `in` has their taps, in the order in which they are convolved.
ALWAYS_INLINE void NAME(store_kernels)(float *to, const vf *in, const dense_weight_layout *l, ptrdiff_t step, int count) {
  vf values[WINOGRAD_MAX_POINTS];
  if (l->winograd == 4) {
    TRANSFORM_KERNELS(values, in, 6, WINOGRAD4_WEIGHT);
    NAME(store_values)(to, values, 36, step, count);
  } else if (l->winograd == 6) {
    TRANSFORM_KERNELS(values, in, 8, WINOGRAD6_WEIGHT);
    NAME(store_values)(to, values, 64, step, count);
  }
}

ALWAYS_INLINE int NAME(layout_values)(const dense_weight_layout *l) {
  return l->winograd ? winograd_points(l->winograd) : l->kernel_h * l->kernel_w;
}

#ifdef DENSE_NATIVE_BF16
/// Pairs of bf16 of direct weights: where value 0 of (out k, in c) lies.
ALWAYS_INLINE ptrdiff_t NAME(pair_at)(int k, int c, int out_padded, int in_padded, int taps, ptrdiff_t *step) {
  const int first = k / DENSE_BLOCK * DENSE_BLOCK, width = min_int(DENSE_BLOCK, out_padded - first);
  return NAME(packed_at)(k, c, out_padded, in_padded, taps, step) - (ptrdiff_t)(c % 2) * width + (k - first) + c % 2;
}

/// The kernel of (out k, in c).
ALWAYS_INLINE void NAME(pack_kernel)(float *packed, const float *w, const dense_weight_layout *l, int transposed, int k, int c) {
  const int taps = l->kernel_h * l->kernel_w, at = l->in_map ? l->in_map[c] : c;
  const float *kernel = w + (ptrdiff_t)k * taps * l->in_channels + c;
  ptrdiff_t step;
  uint16_t *to = (uint16_t *)packed;
  to += transposed ? NAME(pair_at)(at, k, round_up(l->in_padded, DENSE_LANES), l->out_padded, taps, &step)
                   : NAME(pair_at)(k, at, l->out_padded, l->in_padded, taps, &step);
  for (int t = 0; t < taps; t++) {
    const float value = kernel[(ptrdiff_t)(transposed ? taps - 1 - t : t) * l->in_channels];
    to[t * step] = (uint16_t)_mm_cvtsi128_si32((__m128i)_mm_cvtneps_pbh(_mm_set_ss(value)));
  }
}

/// In the order in which packed values lie side by side.
static void NAME(pack_pairs)(float *packed, const float *w, const dense_weight_layout *l, int transposed, int out_begin, int out_end) {
  if (transposed) {
    for (int k = out_begin; k < out_end; k++) {
      for (int c = 0; c < l->in_channels; c++) NAME(pack_kernel)(packed, w, l, 1, k, c);
    }
  } else {
    for (int c = 0; c < l->in_channels; c++) {
      for (int k = out_begin; k < out_end; k++) NAME(pack_kernel)(packed, w, l, 0, k, c);
    }
  }
}
#endif

/// Tap t of `count` output channels from k on, then zeros.
ALWAYS_INLINE void NAME(load_outputs)(vf *value, const float *w, const dense_weight_layout *l, int k, int count, int c, int t) {
  const int taps = l->kernel_h * l->kernel_w;
  const float *from = w + ((ptrdiff_t)k * taps + t) * l->in_channels + c;
  float lanes[DENSE_LANES] = {0};
  for (int i = 0; i < count; i++) lanes[i] = from[(ptrdiff_t)i * taps * l->in_channels];
  *value = LOAD(lanes);
}

/// A vector of output channels at a time, which lie side by side when packed.
void NAME(pack_weights)(float *packed, const float *w, const dense_weight_layout *l, int out_begin, int out_end) {
#ifdef DENSE_NATIVE_BF16
  if (!l->winograd) return NAME(pack_pairs)(packed, w, l, 0, out_begin, out_end);
#endif
  const int taps = l->kernel_h * l->kernel_w;
  for (int k = out_begin; k < out_end; k += DENSE_LANES) {
    const int count = min_int(DENSE_LANES, out_end - k);
    for (int c = 0; c < l->in_channels; c++) {
      ptrdiff_t step;
      float *to = packed + NAME(packed_at)(k, l->in_map ? l->in_map[c] : c, l->out_padded, l->in_padded, NAME(layout_values)(l), &step);
      if (l->winograd) {
        vf in[9];
        for (int t = 0; t < 9; t++) NAME(load_outputs)(in + t, w, l, k, count, c, t);
        NAME(store_kernels)(to, in, l, step, count);
        continue;
      }
      for (int t = 0; t < taps; t++) {
        vf value;
        NAME(load_outputs)(&value, w, l, k, count, c, t);
        NAME(store_values)(to + t * step, &value, 1, step, count);
      }
    }
  }
}

/// Input and output exchanged, and the kernel turned by 180 degrees: what the input gradient convolves with. A vector of
/// input channels at a time, as far as they lie side by side among the padded ones.
void NAME(pack_weights_transposed)(float *packed, const float *w, const dense_weight_layout *l, int out_begin, int out_end) {
#ifdef DENSE_NATIVE_BF16
  if (!l->winograd) return NAME(pack_pairs)(packed, w, l, 1, out_begin, out_end);
#endif
  const int taps = l->kernel_h * l->kernel_w;
  for (int k = out_begin; k < out_end; k++) {
    const float *kernel = w + (ptrdiff_t)k * taps * l->in_channels;
    for (int c = 0, count; c < l->in_channels; c += count) {
      const int at = l->in_map ? l->in_map[c] : c;
      const int most = min_int(DENSE_LANES - at % DENSE_LANES, l->in_channels - c);
      for (count = 1; count < most && (!l->in_map || l->in_map[c + count] == at + count);) count++;
      ptrdiff_t step;
      float *to = packed + NAME(packed_at)(at, k, round_up(l->in_padded, DENSE_LANES), l->out_padded, NAME(layout_values)(l), &step);
      if (l->winograd) {
        vf in[9];
        for (int t = 0; t < 9; t++) {
          float lanes[DENSE_LANES] = {0};
          memcpy(lanes, kernel + (8 - t) * l->in_channels + c, count * sizeof(float));
          in[t] = LOAD(lanes);
        }
        NAME(store_kernels)(to, in, l, step, count);
        continue;
      }
      for (int t = 0; t < taps; t++) {
        memcpy(to + t * step, kernel + (ptrdiff_t)(taps - 1 - t) * l->in_channels + c, count * sizeof(float));
      }
    }
  }
}

#ifndef DENSE_NATIVE_BF16
/// One vector of packed gradients, summed over chunks in their order.
#define SUM_CHUNKS(sum, from) do { \
    sum = LOAD(from); \
    for (int g = 1; g < chunks; g++) sum += LOAD((from) + g * chunk_stride); \
  } while (0)

/// G' u G of the chunks' sum, `one` being G'.
#define GATHER_KERNELS(kernel, from, side, one) do { \
    vf half[3][side]; \
    for (int x = 0; x < side; x++) { \
      vf column[side]; \
      for (int y = 0; y < side; y++) SUM_CHUNKS(column[y], (from) + (y * side + x) * step); \
      one(&half[0][x], side, column, 1); \
    } \
    for (int y = 0; y < 3; y++) one((kernel) + 3 * y, 1, half[y], 1); \
  } while (0)

/// Tap t of dw for `outputs` channels from k on and `inputs` from c on, from one vector of outputs for each input.
ALWAYS_INLINE void NAME(store_transposed)(float *dw, const dense_weight_layout *l, int t, int k, int outputs, int c, int inputs,
                                          float (*block)[DENSE_LANES]) {
  const int taps = l->kernel_h * l->kernel_w;
  for (int i = 0; i < outputs; i++) {
    float *to = dw + ((ptrdiff_t)(k + i) * taps + t) * l->in_channels + c;
    for (int j = 0; j < inputs; j++) to[j] = block[j][i];
  }
}

/// A square of input by output channels at a time, so that whole cache lines are written.
void NAME(unpack_gradient)(float *dw, const float *packed, int chunks, ptrdiff_t chunk_stride,
                           const dense_weight_layout *l, int in_begin, int in_end) {
  const int taps = l->kernel_h * l->kernel_w;
  float block[9][DENSE_LANES][DENSE_LANES];
  for (int c = in_begin; c < in_end; c += DENSE_LANES) {
    const int inputs = min_int(DENSE_LANES, in_end - c);
    for (int k = 0; k < l->out_channels; k += DENSE_LANES) {
      const int outputs = min_int(DENSE_LANES, l->out_channels - k);
      const float *from[DENSE_LANES];
      ptrdiff_t step;
      for (int j = 0; j < inputs; j++) {
        from[j] = packed + NAME(packed_at)(k, l->in_map ? l->in_map[c + j] : c + j, l->out_padded, l->in_padded, NAME(layout_values)(l), &step);
      }
      if (l->winograd) {
        for (int j = 0; j < inputs; j++) {
          vf kernel[9];
          if (l->winograd == 4) GATHER_KERNELS(kernel, from[j], 6, WINOGRAD4_WEIGHT_GRADIENT);
          if (l->winograd == 6) GATHER_KERNELS(kernel, from[j], 8, WINOGRAD6_WEIGHT_GRADIENT);
          for (int t = 0; t < 9; t++) STORE(block[t][j], kernel[t]);
        }
        for (int t = 0; t < 9; t++) NAME(store_transposed)(dw, l, t, k, outputs, c, inputs, block[t]);
        continue;
      }
      for (int t = 0; t < taps; t++) {
        for (int j = 0; j < inputs; j++) {
          vf value;
          SUM_CHUNKS(value, from[j] + t * step);
          STORE(block[0][j], value);
        }
        NAME(store_transposed)(dw, l, t, k, outputs, c, inputs, block[0]);
      }
    }
  }
}

#undef SUM_CHUNKS
#undef GATHER_KERNELS
#endif
#undef TRANSFORM_KERNELS
#endif
