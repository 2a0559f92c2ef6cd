// Weights in and out of the order that the dot loop reads, and their update.
//
// Packed: blocks of DENSE_BLOCK output channels (the last one may be half), each [kernel_h, kernel_w, in, block].
// Unpacked: [out, kernel_h, kernel_w, in], logical channels only.

// For Winograd's algorithm the nine values of a 3x3 kernel become 36, [6, 6].

/// Where value 0 of (out k, in c) lies in packed weights, and how far apart its values are.
ALWAYS_INLINE ptrdiff_t NAME(packed_at)(int k, int c, int out_padded, int in_padded, int values, ptrdiff_t *step) {
  const int first = k / DENSE_BLOCK * DENSE_BLOCK, width = min_int(DENSE_BLOCK, out_padded - first);
  *step = (ptrdiff_t)in_padded * width;
  return (ptrdiff_t)first * values * in_padded + (ptrdiff_t)c * width + (k - first);
}

/// G w G' of up to one vector of kernels: from nine values `step` apart.
static void NAME(transform_kernels)(float to[WINOGRAD_POINTS][DENSE_LANES], const float *w, ptrdiff_t step, int count, int turned) {
  float in[9][DENSE_LANES] __attribute__((aligned(64))) = {{0}};
  for (int t = 0; t < 9; t++) memcpy(in[turned ? 8 - t : t], w + t * step, count * sizeof(float));
  vf half[WINOGRAD_IN][3];
  for (int x = 0; x < 3; x++) {
    const vf column[3] = {LOAD(in[x]), LOAD(in[3 + x]), LOAD(in[6 + x])};
    WINOGRAD_WEIGHT(&half[0][x], 3, column, 1);
  }
  for (int y = 0; y < WINOGRAD_IN; y++) {
    vf row[WINOGRAD_IN];
    WINOGRAD_WEIGHT(row, 1, half[y], 1);
    for (int x = 0; x < WINOGRAD_IN; x++) STORE(to[y * WINOGRAD_IN + x], row[x]);
  }
}

static void NAME(pack)(float *packed, const float *w, const dense_weight_layout *l, int transposed, int out_begin, int out_end) {
  const int taps = l->kernel_h * l->kernel_w, values = l->winograd ? WINOGRAD_POINTS : taps;
  float transformed[WINOGRAD_POINTS][DENSE_LANES] __attribute__((aligned(64)));
  for (int k = out_begin; k < out_end; k++) {
    const float *kernel = w + (ptrdiff_t)k * taps * l->in_channels;
    for (int c = 0; c < l->in_channels; c += DENSE_LANES) {
      const int count = min_int(DENSE_LANES, l->in_channels - c);
      if (l->winograd) NAME(transform_kernels)(transformed, kernel + c, l->in_channels, count, transposed);
      for (int i = 0; i < count; i++) {
        const int at = l->in_map ? l->in_map[c + i] : c + i;
        ptrdiff_t step;
        float *to = packed + (transposed ? NAME(packed_at)(at, k, round_up(l->in_padded, DENSE_LANES), l->out_padded, values, &step)
                                         : NAME(packed_at)(k, at, l->out_padded, l->in_padded, values, &step));
        if (l->winograd) {
          for (int e = 0; e < values; e++) to[e * step] = transformed[e][i];
        } else {
          for (int t = 0; t < values; t++) to[t * step] = kernel[(ptrdiff_t)(transposed ? taps - 1 - t : t) * l->in_channels + c + i];
        }
      }
    }
  }
}

void NAME(pack_weights)(float *packed, const float *w, const dense_weight_layout *l, int out_begin, int out_end) {
  NAME(pack)(packed, w, l, 0, out_begin, out_end);
}

/// Input and output exchanged, and the kernel turned by 180 degrees: what the input gradient convolves with.
void NAME(pack_weights_transposed)(float *packed, const float *w, const dense_weight_layout *l, int out_begin,
                                   int out_end) {
  NAME(pack)(packed, w, l, 1, out_begin, out_end);
}

// One vector of packed gradients, summed over chunks in their order.
#define SUM_CHUNKS(sum, from) do { \
    sum = LOAD(from); \
    for (int g = 1; g < chunks; g++) sum += LOAD((from) + g * chunk_stride); \
  } while (0)

void NAME(unpack_gradient)(float *dw, const float *packed, int chunks, ptrdiff_t chunk_stride,
                           const dense_weight_layout *l, int in_begin, int in_end) {
  const int taps = l->kernel_h * l->kernel_w, values = l->winograd ? WINOGRAD_POINTS : taps;
  for (int c = in_begin; c < in_end; c++) {
    const int at = l->in_map ? l->in_map[c] : c;
    for (int k = 0; k < l->out_channels; k += DENSE_LANES) {
      ptrdiff_t step;
      const float *from = packed + NAME(packed_at)(k, at, l->out_padded, l->in_padded, values, &step);
      const int count = min_int(DENSE_LANES, l->out_channels - k);
      vf kernel[9];
      if (l->winograd) {
        vf half[3][WINOGRAD_IN];
        for (int x = 0; x < WINOGRAD_IN; x++) {
          vf column[WINOGRAD_IN];
          for (int y = 0; y < WINOGRAD_IN; y++) SUM_CHUNKS(column[y], from + (y * WINOGRAD_IN + x) * step);
          WINOGRAD_WEIGHT_GRADIENT(&half[0][x], WINOGRAD_IN, column, 1);
        }
        for (int y = 0; y < 3; y++) WINOGRAD_WEIGHT_GRADIENT(kernel + 3 * y, 1, half[y], 1);
      }
      for (int t = 0; t < taps; t++) {
        vf value;
        if (l->winograd) value = kernel[t]; else SUM_CHUNKS(value, from + t * step);
        float gradient[DENSE_LANES];
        STORE(gradient, value);
        for (int i = 0; i < count; i++) dw[((ptrdiff_t)(k + i) * taps + t) * l->in_channels + c] = gradient[i];
      }
    }
  }
}

#undef SUM_CHUNKS

/// As torch.optim.SGD defines it.
void NAME(sgd_step)(float *restrict w, float *restrict velocity, const float *restrict gradient, ptrdiff_t count,
                    const dense_sgd *o) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float g = gradient[i] + o->weight_decay * w[i];
    if (o->momentum != 0.0f) {
      const float v = o->first ? g : o->momentum * velocity[i] + (1.0f - o->dampening) * g;
      velocity[i] = v;
      g = o->nesterov ? g + o->momentum * v : v;
    }
    w[i] -= o->lr * g;
  }
}
