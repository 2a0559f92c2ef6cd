// A tile as the convolution of bytes sees it, padded and in scratch: normalised, rectified, pooled and rounded to bytes,
// as wide as this instruction set multiplies them.

typedef OPERAND NAME(operands) __attribute__((ext_vector_type(DENSE_LANES), aligned(1)));
#define STORE_OPERANDS(p, v) (*(NAME(operands) *)(p) = __builtin_convertvector(v, NAME(operands)))

/// dst[0..<count] pixels of `channels` = max(x * scale + shift, 0), rounded, or x where there is no scale.
static void NAME(int8_prologue)(OPERAND *restrict dst, const uint8_t *restrict x, const float *scale, const float *shift,
                                int count, int channels, int x_step) {
  for (int p = 0; p < count; p++, dst += channels, x += x_step) {
    if (!scale) {
      for (int c = 0; c < channels; c += DENSE_LANES) STORE_OPERANDS(dst + c, LOAD_BYTES(x + c));
      continue;
    }
    for (int c = 0; c < channels; c += DENSE_LANES) {
      const vf z = __builtin_convertvector(LOAD_BYTES(x + c), vf) * LOAD(scale + c) + LOAD(shift + c);
      STORE_OPERANDS(dst + c, ROUND_TO_BYTE(z));
    }
  }
}

/// One pixel: the mean of max(x * scale + shift, 0) over a pool_h x pool_w window, rounded.
static void NAME(int8_pooled_prologue)(OPERAND *restrict dst, const uint8_t *x, const float *scale, const float *shift,
                                       const dense_conv_shape *s) {
  const float inverse = 1.0f / (float)(s->pool_h * s->pool_w);
  for (int c = 0; c < s->in_channels; c += DENSE_LANES) {
    vf sum = SPLAT(0.0f);
    for (int i = 0; i < s->pool_h; i++) {
      const uint8_t *row = x + (ptrdiff_t)i * s->width * s->in_stride + c;
      for (int j = 0; j < s->pool_w; j++) {
        vf z = __builtin_convertvector(LOAD_BYTES(row + (ptrdiff_t)j * s->in_stride), vf);
        if (scale) {
          z = z * LOAD(scale + c) + LOAD(shift + c);
          z = RELU(z);
        }
        sum += z;
      }
    }
    STORE_OPERANDS(dst + c, ROUND_TO_BYTE(sum * inverse));
  }
}

/// The input of output rows from `row` on of `images` images: [image, `tile_rows`, `columns`, channel], zeros where there
/// is none.
static void NAME(int8_fill)(OPERAND *tile, const dense_conv_shape *s, const dense_int8_args *a, int image, int images,
                            int row, int tile_rows, int columns) {
  const int channels = s->in_channels, height = s->height / s->pool_h, width = s->width / s->pool_w;
  const int first = s->pad_w, last = max_int(first, min_int(columns, s->pad_w + width));
  const ptrdiff_t pixel = s->in_stride, length = (ptrdiff_t)columns * channels;
  for (int n = 0; n < images; n++) {
    for (int r = 0; r < tile_rows; r++) {
      OPERAND *dst = tile + ((ptrdiff_t)n * tile_rows + r) * length;
      const int h = row * s->stride_h - s->pad_h + r;
      if (h < 0 || h >= height) {
        memset(dst, 0, length * sizeof(OPERAND));
        continue;
      }
      const uint8_t *src = a->x + (((ptrdiff_t)(image + n) * s->height + (ptrdiff_t)h * s->pool_h) * s->width) * pixel;
      memset(dst, 0, (size_t)first * channels * sizeof(OPERAND));
      if (s->pool_h * s->pool_w > 1) {
        for (int c = first; c < last; c++) {
          NAME(int8_pooled_prologue)(dst + c * channels, src + (c - first) * s->pool_w * pixel, a->scale, a->shift, s);
        }
      } else {
        NAME(int8_prologue)(dst + first * channels, src, a->scale, a->shift, last - first, channels, s->in_stride);
      }
      memset(dst + last * channels, 0, (size_t)(columns - last) * channels * sizeof(OPERAND));
    }
  }
}
