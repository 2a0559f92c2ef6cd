// A tile as the convolution sees it, padded and in scratch: of the input (normalised, rectified, pooled), and of the
// finished gradient of the output.

/// Part of a map that lies padded in scratch.
typedef struct {
  float *data;
  ptrdiff_t image, row;  // floats from one image or row to the next
  int step;              // floats from one pixel to the next
} NAME(tile);

/// One pixel, unchanged; raw input has any number of channels.
ALWAYS_INLINE void NAME(copy_pixel)(float *restrict dst, const MAP *restrict x, int channels) {
#ifdef DENSE_HALF_MAPS
  for (int c = 0; c < channels; c += DENSE_LANES) STORE(dst + c, LOAD_MAP(x + c));
#else
  memcpy(dst, x, channels * sizeof(float));
#endif
}

/// dst[0..<count] pixels of `channels` = max(x * scale + shift, 0), or x where there is no scale.
ALWAYS_INLINE void NAME(prologue)(float *restrict dst, const MAP *restrict x, const float *scale, const float *shift,
                                  int count, int channels, int x_step) {
  if (!scale) {
    for (int p = 0; p < count; p++, dst += channels, x += x_step) NAME(copy_pixel)(dst, x, channels);
    return;
  }
  for (int p = 0; p < count; p++, dst += channels, x += x_step) {
    const MAP *next = x + (ptrdiff_t)PREFETCHED_PIXELS * x_step;
    for (int c = 0; c < channels; c += DENSE_LANES) {
      PREFETCH(next + c);
      const vf z = LOAD_MAP(x + c) * LOAD(scale + c) + LOAD(shift + c);
      STORE(dst + c, RELU(z));
    }
  }
}

/// One pixel: the mean of max(x * scale + shift, 0) over a pool_h x pool_w window.
ALWAYS_INLINE void NAME(pooled_prologue)(float *restrict dst, const MAP *x, const float *scale, const float *shift,
                                         const dense_conv_shape *s) {
  const float inverse = 1.0f / (float)(s->pool_h * s->pool_w);
  for (int c = 0; c < s->in_channels; c += DENSE_LANES) {
    vf sum = SPLAT(0.0f);
    for (int i = 0; i < s->pool_h; i++) {
      const MAP *row = x + (ptrdiff_t)i * s->width * s->in_stride + c;
      for (int j = 0; j < s->pool_w; j++) {
        PREFETCH(row + (ptrdiff_t)(j + PREFETCHED_PIXELS / 2) * s->in_stride);
        vf z = LOAD_MAP(row + (ptrdiff_t)j * s->in_stride);
        if (scale) {
          z = z * LOAD(scale + c) + LOAD(shift + c);
          z = RELU(z);
        }
        sum += z;
      }
    }
    STORE(dst + c, sum * inverse);
  }
}

/// The input of output rows from `row` on of `images` images: `tile_rows` x `columns` pixels, zeros where there is none.
static NAME(tile) NAME(fill_input)(float *scratch, const dense_conv_shape *s, const MAP *x, const float *scale,
                                   const float *shift, int image, int images, int row, int tile_rows, int columns) {
  const int channels = s->in_channels;
  const NAME(tile) tile = {scratch, (ptrdiff_t)tile_rows * columns * channels, (ptrdiff_t)columns * channels, channels};
  const int height = s->height / s->pool_h, width = s->width / s->pool_w;
  const int extent_h = (height - 1) * s->dilate_h + 1, extent_w = (width - 1) * s->dilate_w + 1;
  const int first = max_int(s->pad_w, 0), last = min_int(columns, s->pad_w + extent_w);
  for (int n = 0; n < images; n++) {
    for (int r = 0; r < tile_rows; r++) {
      float *dst = tile.data + n * tile.image + r * tile.row;
      const int h = row * s->stride_h - s->pad_h + r;
      if (h < 0 || h >= extent_h || h % s->dilate_h != 0 || last <= first) {
        memset(dst, 0, tile.row * sizeof(float));
        continue;
      }
      const MAP *src = x + (((ptrdiff_t)(image + n) * s->height + (ptrdiff_t)(h / s->dilate_h) * s->pool_h) * s->width) * s->in_stride;
      if (s->dilate_w > 1) {
        memset(dst, 0, tile.row * sizeof(float));
        for (int c = first; c < last; c++) {
          const int w = c - s->pad_w;
          if (w % s->dilate_w == 0) {
            NAME(prologue)(dst + c * channels, src + (ptrdiff_t)(w / s->dilate_w) * s->in_stride, scale, shift, 1, channels, s->in_stride);
          }
        }
        continue;
      }
      memset(dst, 0, (size_t)first * channels * sizeof(float));
      src += (ptrdiff_t)(first - s->pad_w) * s->pool_w * s->in_stride;
      if (s->pool_h * s->pool_w > 1) {
        for (int c = first; c < last; c++) {
          NAME(pooled_prologue)(dst + c * channels, src, scale, shift, s);
          src += (ptrdiff_t)s->pool_w * s->in_stride;
        }
      } else {
        NAME(prologue)(dst + first * channels, src, scale, shift, last - first, channels, s->in_stride);
      }
      memset(dst + last * channels, 0, (size_t)(columns - last) * channels * sizeof(float));
    }
  }
  return tile;
}

/// A tile's values as the dot-product loop multiplies them, in the tile's own memory.
ALWAYS_INLINE const OPERAND *NAME(operands)(const NAME(tile) *tile, int images) {
  OPERAND *operands = (OPERAND *)tile->data;
#ifdef DENSE_NATIVE_BF16
  for (ptrdiff_t i = 0; i < images * tile->image; i += DENSE_LANES) {
    const vf value = LOAD(tile->data + i);  // all of it before what it makes is written over it
    STORE_MAP(operands + i, value);
  }
#else
  (void)images;
#endif
  return operands;
}

#define LOAD_OUTPUT(p, at, wide) ((wide) ? LOAD((const float *)(p) + (at)) : LOAD_MAP((const MAP *)(p) + (at)))

/// One pixel of the gradient of a convolution's output: dy + a + b * (y - mean).
ALWAYS_INLINE void NAME(finished_gradient)(float *restrict dst, ptrdiff_t pixel, const dense_conv_backward_args *a, int channels, int wide) {
  for (int k = 0; k < channels; k += DENSE_LANES) {
    const vf deviation = LOAD_OUTPUT(a->y, pixel * a->y_stride + k, wide) - LOAD(a->y_mean + k);
    const vf dy = LOAD_OUTPUT(a->dy, pixel * a->dy_stride + k, wide);
    STORE(dst + k, dy + LOAD(a->defer_a + k) + LOAD(a->defer_b + k) * deviation);
  }
}

/// The finished gradient of output rows [row, row + rows) of `images` images, `width` pixels wide, with `halo` pixels
/// around; zeros where there is none.
static NAME(tile) NAME(fill_gradient)(float *scratch, const dense_conv_shape *s, const dense_conv_backward_args *a,
                                      int image, int images, int row, int rows, int width, int halo_h, int halo_w) {
  const int channels = s->out_channels, tile_rows = rows + 2 * halo_h, columns = width + 2 * halo_w;
  const NAME(tile) tile = {scratch, (ptrdiff_t)tile_rows * columns * channels, (ptrdiff_t)columns * channels, channels};
  for (int n = 0; n < images; n++) {
    for (int r = 0; r < tile_rows; r++) {
      float *dst = tile.data + n * tile.image + r * tile.row;
      const int h = row - halo_h + r;
      if (h < 0 || h >= s->out_height) {
        memset(dst, 0, tile.row * sizeof(float));
        continue;
      }
      memset(dst, 0, (size_t)halo_w * channels * sizeof(float));
      const ptrdiff_t at = ((ptrdiff_t)(image + n) * s->out_height + h) * s->out_width;
      for (int w = 0; w < s->out_width; w++) {
        NAME(finished_gradient)(dst + (w + halo_w) * channels, at + w, a, channels, s->wide_output);
      }
      memset(dst + (s->out_width + halo_w) * channels, 0,
             (size_t)(columns - halo_w - s->out_width) * channels * sizeof(float));
    }
  }
  return tile;
}

/// The bias's gradient: the sum of a tile's finished gradient.
static void NAME(sum_gradient)(float *db, const dense_conv_shape *s, const NAME(tile) *gradient, const float *inner,
                               int images, int rows) {
  for (int k = 0; k < s->out_channels; k += DENSE_LANES) {
    vf total = SPLAT(0.0f);
    for (int n = 0; n < images; n++) {
      for (int r = 0; r < rows; r++) {
        const float *p = inner + n * gradient->image + r * gradient->row + k;
        vf sum = SPLAT(0.0f);
        for (int c = 0; c < s->out_width; c++) sum += LOAD(p + (ptrdiff_t)c * gradient->step);
        total += sum;
      }
    }
    STORE(db + k, total);
  }
}
