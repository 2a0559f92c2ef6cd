// What the next tile will read, prefetched bit by bit while this one is multiplied. Tiles alternate between reading memory
// and multiplying; without this, each would wait for memory first.

/// Pixels of one map; all in bytes.
typedef struct {
  const char *next, *end;
  ptrdiff_t step;  // from one pixel to the next
  int size;        // of a pixel, what is read
  int share;       // pixels at a time
} NAME(stream);

typedef struct {
  NAME(stream) input, gradient, output;
} NAME(prefetch);

/// The tile after one that begins with pixel `first` and has `pixels`, as many as it again, in `turns` bits.
ALWAYS_INLINE NAME(stream) NAME(next_stream)(const void *map, ptrdiff_t first, ptrdiff_t pixels, int stride,
                                             int channels, int value_size, int turns) {
  const ptrdiff_t step = (ptrdiff_t)stride * value_size;
  const char *next = (const char *)map + (first + pixels) * step;
  return (NAME(stream)){next, next + pixels * step, step, channels * value_size, (int)((pixels + turns - 1) / turns)};
}

ALWAYS_INLINE void NAME(prefetch_stream)(NAME(stream) *s) {
  for (int i = 0; i < s->share && s->next < s->end; i++, s->next += s->step) {
    for (int at = 0; at < s->size; at += 64) PREFETCH(s->next + at);
  }
}

ALWAYS_INLINE void NAME(prefetch_turn)(NAME(prefetch) *p) {
  NAME(prefetch_stream)(&p->input);
  NAME(prefetch_stream)(&p->gradient);
  NAME(prefetch_stream)(&p->output);
}

/// For a forward pass: the input of the tile after the one with `images` images from `image` on and `rows` rows from `row`
/// on.
ALWAYS_INLINE NAME(prefetch) NAME(forward_prefetch)(const dense_conv_shape *s, const void *x, int image, int images,
                                                    int row, int rows, int turns) {
  const ptrdiff_t first = ((ptrdiff_t)image * s->height + (ptrdiff_t)row * s->pool_h * s->stride_h) * s->width;
  const ptrdiff_t pixels = (ptrdiff_t)images * rows * s->pool_h * s->stride_h * s->width;
  return (NAME(prefetch)){.input = NAME(next_stream)(x, first, pixels, s->in_stride, s->in_channels, sizeof(MAP), turns)};
}

/// For a backward pass: also the output and its gradient.
ALWAYS_INLINE NAME(prefetch) NAME(backward_prefetch)(const dense_conv_shape *s, const dense_conv_backward_args *a,
                                                     int image, int images, int row, int rows, int turns) {
  NAME(prefetch) prefetch = NAME(forward_prefetch)(s, a->x, image, images, row, rows, turns);
  const ptrdiff_t first = ((ptrdiff_t)image * s->out_height + row) * s->out_width, pixels = (ptrdiff_t)images * rows * s->out_width;
  const int size = s->wide_output ? sizeof(float) : sizeof(MAP);
  prefetch.gradient = NAME(next_stream)(a->dy, first, pixels, a->dy_stride, s->out_channels, size, turns);
  prefetch.output = NAME(next_stream)(a->y, first, pixels, a->y_stride, s->out_channels, size, turns);
  return prefetch;
}
