// Average pools over padded maps of fp32, for the layer that stands alone.

void NAME(avg_pool_forward)(float *y, const float *x, const dense_pool_shape *s, int image_begin, int image_end) {
  const float inverse = 1.0f / ((float)s->kernel * (float)s->kernel);
  for (int n = image_begin; n < image_end; n++) {
    for (int i = 0; i < s->out_height; i++) {
      const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
      for (int j = 0; j < s->out_width; j++) {
        const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
        float *out = y + (((ptrdiff_t)n * s->out_height + i) * s->out_width + j) * s->y_stride;
        for (int c = 0; c < s->channels; c += DENSE_LANES) {
          vf sum = SPLAT(0.0f);
          for (int h = h0; h < h1; h++) {
            for (int w = w0; w < w1; w++) sum += LOAD(x + (((ptrdiff_t)n * s->height + h) * s->width + w) * s->x_stride + c);
          }
          STORE(out + c, sum * inverse);
        }
      }
    }
  }
}

void NAME(avg_pool_backward)(float *dx, const float *dy, const dense_pool_shape *s, int image_begin, int image_end) {
  const float inverse = 1.0f / ((float)s->kernel * (float)s->kernel);
  for (int n = image_begin; n < image_end; n++) {
    float *map = dx + (ptrdiff_t)n * s->height * s->width * s->x_stride;
    memset(map, 0, (size_t)s->height * s->width * s->x_stride * sizeof(float));
    for (int i = 0; i < s->out_height; i++) {
      const int top = i * s->stride - s->pad, h0 = max_int(top, 0), h1 = min_int(top + s->kernel, s->height);
      for (int j = 0; j < s->out_width; j++) {
        const int left = j * s->stride - s->pad, w0 = max_int(left, 0), w1 = min_int(left + s->kernel, s->width);
        const float *gradient = dy + (((ptrdiff_t)n * s->out_height + i) * s->out_width + j) * s->y_stride;
        for (int h = h0; h < h1; h++) {
          for (int w = w0; w < w1; w++) {
            float *pixel = map + ((ptrdiff_t)h * s->width + w) * s->x_stride;
            for (int c = 0; c < s->channels; c += DENSE_LANES) {
              STORE(pixel + c, LOAD(pixel + c) + LOAD(gradient + c) * inverse);
            }
          }
        }
      }
    }
  }
}
