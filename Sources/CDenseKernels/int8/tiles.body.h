// A tile as the convolution of bytes sees it, padded and in scratch: normalised, rectified, pooled and rounded to bytes,
// as wide as this instruction set multiplies them.

typedef int16_t NAME(words) __attribute__((ext_vector_type(DENSE_WORDS), aligned(2)));
typedef int32_t NAME(wide_words) __attribute__((ext_vector_type(DENSE_WORDS)));
typedef uint8_t NAME(some_bytes) __attribute__((ext_vector_type(DENSE_WORDS), aligned(1)));
typedef OPERAND NAME(operands) __attribute__((ext_vector_type(DENSE_WORDS), aligned(1)));
typedef OPERAND NAME(rounded) __attribute__((ext_vector_type(DENSE_LANES), aligned(1)));
#define WIDENED(p) __builtin_convertvector(*(const NAME(some_bytes) *)(p), NAME(words))
#define WIDE(v) __builtin_convertvector(v, NAME(wide_words))
#define WORDS(p) (*(const NAME(words) *)(p))
#define STORE_CLAMPED(p, z) \
  (*(NAME(operands) *)(p) = __builtin_convertvector( \
       __builtin_elementwise_min(__builtin_elementwise_max(z, (NAME(words))(0)), (NAME(words))(255)), NAME(operands)))

/// x * slope / 256 + offset, in units of 2^-fraction; `left` channels are there.
#define NORMALIZED(a, x, c, left) \
  __builtin_elementwise_add_sat(MULTIPLY_WORDS(LOAD_WORDS(x, left) << 7, WORDS((a)->slope + (c))), WORDS((a)->offset + (c)))

/// dst[0..<count] pixels of `channels` = x normalised, rectified and rounded, or x where there is no slope. What is written
/// beyond a pixel is the next one's.
static void NAME(int8_prologue)(OPERAND *restrict dst, const uint8_t *restrict x, const dense_int8_args *a, int count,
                                int channels, int x_step) {
  const NAME(words) unit = (NAME(words))(int16_t)(1 << (15 - a->fraction));
  for (int p = 0; p < count; p++, dst += channels, x += x_step) {
    for (int c = 0; c < channels; c += DENSE_STORED * DENSE_WORDS) {
      NAME(words) z[DENSE_STORED];
      FULLY_UNROLLED for (int v = 0; v < DENSE_STORED; v++) {
        const int first = c + v * DENSE_WORDS, left = channels - first;
        z[v] = a->slope ? MULTIPLY_WORDS(NORMALIZED(a, x + first, first, left), unit) : LOAD_WORDS(x + first, left);
      }
      STORE_OPERANDS(dst + c, z);
    }
  }
}

/// One pixel: the mean over a pool_h x pool_w window of what is normalised and rectified, rounded.
static void NAME(int8_pooled_prologue)(OPERAND *restrict dst, const uint8_t *x, const dense_int8_args *a,
                                       const dense_conv_shape *s) {
  const float inverse = 1.0f / (float)(s->pool_h * s->pool_w << (a->slope ? a->fraction : 0));
  for (int c = 0; c < s->in_channels; c += DENSE_WORDS) {
    const int left = s->in_channels - c;
    int32_t sums[DENSE_WORDS] __attribute__((aligned(64)));
    NAME(wide_words) sum = (NAME(wide_words))(0);
    for (int i = 0; i < s->pool_h; i++) {
      const uint8_t *row = x + (ptrdiff_t)i * s->width * s->in_stride + c;
      for (int j = 0; j < s->pool_w; j++, row += s->in_stride) {
        const NAME(words) z = a->slope ? NORMALIZED(a, row, c, left) : LOAD_WORDS(row, left);
        sum += WIDE(__builtin_elementwise_max(z, (NAME(words))(0)));
      }
    }
    *(NAME(wide_words) *)sums = sum;
    for (int k = 0; k < DENSE_WORDS; k += DENSE_LANES) {
      const vi mean = ROUND_TO_BYTE(__builtin_convertvector(*(const vi_unaligned *)(sums + k), vf) * inverse);
      *(NAME(rounded) *)(dst + c + k) = __builtin_convertvector(mean, NAME(rounded));
    }
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
          NAME(int8_pooled_prologue)(dst + c * channels, src + (c - first) * s->pool_w * pixel, a, s);
        }
      } else {
        NAME(int8_prologue)(dst + first * channels, src, a, last - first, channels, s->in_stride);
      }
      memset(dst + last * channels, 0, (size_t)(columns - last) * channels * sizeof(OPERAND));
    }
  }
}
