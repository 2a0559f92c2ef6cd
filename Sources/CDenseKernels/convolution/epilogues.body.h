// What happens to a group of results while they are in registers' reach: the epilogue of the forward pass (bias, ReLU,
// the write of y) and that of the backward pass (pool, ReLU and batch norm, the write of dx and the sums).

/// How far apart images, rows and columns of results lie, in whatever unit the epilogue counts.
typedef struct {
  ptrdiff_t image, row, column;
} NAME(steps);

/// Takes one group of results of the dot-product loop: `results[count, width]`, and where each lies by `steps`.
typedef void (*NAME(epilogue))(const void *context, const float *results, const ptrdiff_t *offsets, int count);

/// Prefetches what the epilogue will touch for such a group.
typedef void (*NAME(group_prefetch))(const void *context, const ptrdiff_t *offsets, int count);

typedef struct {
  void *y;
  ptrdiff_t first;    // of the tile's first pixel, first channel of the block
  const float *bias;  // of the block, or NULL
  int width, wide, rectify;
} NAME(output);

ALWAYS_INLINE void NAME(epilogue_output)(const void *context, const float *results, const ptrdiff_t *offsets, int count) {
  const NAME(output) *o = context;
  for (int k = 0; k < o->width; k += DENSE_LANES) {
    const vf bias = o->bias ? LOAD(o->bias + k) : SPLAT(0.0f);
    for (int i = 0; i < count; i++) {
      const vf sum = LOAD(results + i * o->width + k) + bias, value = o->rectify ? RELU(sum) : sum;
      const ptrdiff_t at = o->first + offsets[i] + k;
      if (o->wide) STORE((float *)o->y + at, value); else STORE_MAP((MAP *)o->y + at, value);
    }
  }
}

ALWAYS_INLINE void NAME(prefetch_output)(const void *context, const ptrdiff_t *offsets, int count) {
  const NAME(output) *o = context;
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < o->width; k += DENSE_LANES) PREFETCH((const MAP *)o->y + o->first + offsets[i] + k);
  }
}

typedef struct {
  const dense_conv_shape *shape;
  const dense_conv_backward_args *args;
  ptrdiff_t first;  // the tile's first input pixel
  int channel, width;
  float *sums;  // this tile's, first channel of the block; sums + in_channels for the second
} NAME(input_gradient);

/// Through ReLU and batch norm, for one vector of channels of one input pixel: dx, and the sums over pixels.
#define EPILOGUE_INPUT_GRADIENT(da, dx, source, store) do { \
    const vf x = LOAD_MAP(source), z = x * scale + shift; \
    const vf dz = z > SPLAT(0.0f) ? (da) : SPLAT(0.0f); \
    sum += dz; \
    sum_x += dz * (x - mean); \
    STORE_MAP(dx, (store) ? scale * dz : LOAD_MAP(dx) + scale * dz); \
  } while (0)

/// For vector v of the block's channels of one group of pixels.
ALWAYS_INLINE void NAME(epilogue_pixels)(const int store, const NAME(input_gradient) *o, int v, const float *results,
                                         const ptrdiff_t *offsets, int count) {
  const dense_conv_backward_args *a = o->args;
  const int c = o->channel + v, width = o->width;
  const ptrdiff_t dx_stride = a->dx_stride, x_stride = o->shape->in_stride;
  const vf scale = LOAD(a->scale + c), shift = LOAD(a->shift + c), mean = LOAD(a->mean + c);
  MAP *dx = (MAP *)a->dx + o->first * dx_stride + c;
  const MAP *source = (const MAP *)a->x + o->first * x_stride + c;
  float *total = o->sums + v, *total_x = total + o->shape->in_channels;
  vf sum = SPLAT(0.0f), sum_x = SPLAT(0.0f);
  for (int i = 0; i < count; i++) {
    EPILOGUE_INPUT_GRADIENT(LOAD(results + i * width + v), dx + offsets[i] * dx_stride, source + offsets[i] * x_stride, store);
  }
  STORE(total, LOAD(total) + sum);
  STORE(total_x, LOAD(total_x) + sum_x);
}

/// The same with an average pool in front of the convolution.
static void NAME(epilogue_windows)(const NAME(input_gradient) *o, const float *results, const ptrdiff_t *offsets, int count) {
  const dense_conv_shape *s = o->shape;
  const dense_conv_backward_args *a = o->args;
  const float inverse = 1.0f / (float)(s->pool_h * s->pool_w);
  for (int v = 0; v < o->width; v += DENSE_LANES) {
    const int c = o->channel + v;
    const vf scale = LOAD(a->scale + c), shift = LOAD(a->shift + c), mean = LOAD(a->mean + c);
    vf sum = SPLAT(0.0f), sum_x = SPLAT(0.0f);
    for (int i = 0; i < count; i++) {
      const vf da = LOAD(results + i * o->width + v) * inverse;
      for (int h = 0; h < s->pool_h; h++) {
        for (int w = 0; w < s->pool_w; w++) {
          const ptrdiff_t at = o->first + offsets[i] + (ptrdiff_t)h * s->width + w;
          EPILOGUE_INPUT_GRADIENT(da, (MAP *)a->dx + at * a->dx_stride + c, (const MAP *)a->x + at * s->in_stride + c, a->store);
        }
      }
    }
    float *total = o->sums + v;
    STORE(total, LOAD(total) + sum);
    STORE(total + s->in_channels, LOAD(total + s->in_channels) + sum_x);
  }
}

/// Through the average pool, ReLU and batch norm in front of the convolution, for one group of pixels.
ALWAYS_INLINE void NAME(epilogue_input_gradient)(const void *context, const float *results, const ptrdiff_t *offsets, int count) {
  const NAME(input_gradient) *o = context;
  if (o->shape->pool_h * o->shape->pool_w > 1) return NAME(epilogue_windows)(o, results, offsets, count);
  for (int v = 0; v < o->width; v += DENSE_LANES) {
    if (o->args->store) {
      NAME(epilogue_pixels)(1, o, v, results, offsets, count);
    } else {
      NAME(epilogue_pixels)(0, o, v, results, offsets, count);
    }
  }
}

ALWAYS_INLINE void NAME(prefetch_input_gradient)(const void *context, const ptrdiff_t *offsets, int count) {
  const NAME(input_gradient) *o = context;
  const dense_conv_shape *s = o->shape;
  for (int i = 0; i < count; i++) {
    for (int h = 0; h < s->pool_h; h++) {
      for (int w = 0; w < s->pool_w; w++) {
        const ptrdiff_t at = o->first + offsets[i] + (ptrdiff_t)h * s->width + w;
        for (int v = 0; v < o->width; v += DENSE_LANES) {
          PREFETCH((const MAP *)o->args->x + at * s->in_stride + o->channel + v);
          PREFETCH((const MAP *)o->args->dx + at * o->args->dx_stride + o->channel + v);
        }
      }
    }
  }
}

#undef EPILOGUE_INPUT_GRADIENT

/// Zeros for the input pixels that no pooling window of these output rows covers.
static void NAME(clear_uncovered)(const dense_conv_shape *s, const dense_conv_backward_args *a, int image, int images, int row, int rows) {
  const int covered_h = s->out_height * s->pool_h, covered_w = s->out_width * s->pool_w;
  const int first = row * s->pool_h, last = row + rows == s->out_height ? s->height : (row + rows) * s->pool_h;
  for (int n = image; n < image + images; n++) {
    for (int h = first; h < last; h++) {
      for (int w = h < covered_h ? covered_w : 0; w < s->width; w++) {
        memset((MAP *)a->dx + (((ptrdiff_t)n * s->height + h) * s->width + w) * a->dx_stride, 0, s->in_channels * sizeof(MAP));
      }
    }
  }
}
