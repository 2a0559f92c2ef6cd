// Weights in and out of the order that the dot loop reads, and their update.
//
// Packed: blocks of DENSE_BLOCK output channels (the last one may be half), each [kernel_h, kernel_w, in, block].
// Unpacked: [out, kernel_h, kernel_w, in], logical channels only.

void NAME(pack_weights)(float *packed, const float *w, const dense_weight_layout *l, int out_begin, int out_end) {
  const int taps = l->kernel_h * l->kernel_w;
  for (int k = out_begin; k < out_end; k++) {
    const int first = k / DENSE_BLOCK * DENSE_BLOCK, width = min_int(DENSE_BLOCK, l->out_padded - first);
    float *block = packed + (ptrdiff_t)first * taps * l->in_padded + (k - first);
    const float *row = w + (ptrdiff_t)k * taps * l->in_channels;
    for (int t = 0; t < taps; t++) {
      for (int c = 0; c < l->in_channels; c++) {
        const int at = l->in_map ? l->in_map[c] : c;
        block[((ptrdiff_t)t * l->in_padded + at) * width] = row[(ptrdiff_t)t * l->in_channels + c];
      }
    }
  }
}

/// Input and output exchanged, and the kernel turned by 180 degrees: what the input gradient convolves with.
void NAME(pack_weights_transposed)(float *packed, const float *w, const dense_weight_layout *l, int out_begin,
                                   int out_end) {
  const int taps = l->kernel_h * l->kernel_w, padded = round_up(l->in_padded, DENSE_LANES);
  for (int k = out_begin; k < out_end; k++) {
    for (int t = 0; t < taps; t++) {
      const float *row = w + ((ptrdiff_t)k * taps + t) * l->in_channels;
      for (int c = 0; c < l->in_channels; c++) {
        const int at = l->in_map ? l->in_map[c] : c;
        const int first = at / DENSE_BLOCK * DENSE_BLOCK, width = min_int(DENSE_BLOCK, padded - first);
        packed[(ptrdiff_t)first * taps * l->out_padded + ((ptrdiff_t)(taps - 1 - t) * l->out_padded + k) * width + (at - first)] = row[c];
      }
    }
  }
}

void NAME(unpack_gradient)(float *dw, const float *packed, int chunks, ptrdiff_t chunk_stride,
                           const dense_weight_layout *l, int tap_begin, int tap_end) {
  const int taps = l->kernel_h * l->kernel_w;
  for (int t = tap_begin; t < tap_end; t++) {
    for (int c = 0; c < l->in_channels; c++) {
      const int at = l->in_map ? l->in_map[c] : c;
      for (int first = 0; first < l->out_channels; first += DENSE_BLOCK) {
        const int width = min_int(DENSE_BLOCK, l->out_padded - first), used = min_int(width, l->out_channels - first);
        const float *row = packed + (ptrdiff_t)first * taps * l->in_padded + ((ptrdiff_t)t * l->in_padded + at) * width;
        for (int k = 0; k < width; k += DENSE_LANES) {
          vf sum = LOAD(row + k);
          for (int g = 1; g < chunks; g++) sum += LOAD(row + g * chunk_stride + k);
          float values[DENSE_LANES];
          STORE(values, sum);
          for (int i = 0; i < min_int(DENSE_LANES, used - k); i++) {
            dw[((ptrdiff_t)(first + k + i) * taps + t) * l->in_channels + c] = values[i];
          }
        }
      }
    }
  }
}

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
