// The update of fp32 weights from their gradient, value by value.

/// As torch.optim.SGD defines it.
void NAME(sgd_step)(float *restrict w, float *restrict velocity, const float *restrict gradient, ptrdiff_t count,
                    const dense_sgd *o) {
  const float lr = o->lr, momentum = o->momentum, fresh = 1.0f - o->dampening, decay = o->weight_decay;
  if (momentum == 0.0f) {
    for (ptrdiff_t i = 0; i < count; i++) w[i] -= lr * (gradient[i] + decay * w[i]);
    return;
  }
  if (o->first) memset(velocity, 0, count * sizeof(float));  // whatever it holds
  const float kept = momentum, taken = o->first ? 1.0f : fresh;
  const float looked = o->nesterov ? momentum : 1.0f, direct = o->nesterov ? 1.0f : 0.0f;
  for (ptrdiff_t i = 0; i < count; i++) {
    const float g = gradient[i] + decay * w[i];
    velocity[i] = kept * velocity[i] + taken * g;
    w[i] -= lr * (direct * g + looked * velocity[i]);
  }
}

/// As torch.optim.Adam and torch.optim.AdamW define it.
void NAME(adam_step)(float *restrict w, float *restrict mean, float *restrict square, const float *restrict gradient,
                     ptrdiff_t count, const dense_adam *o) {
  const dense_adam a = *o;
  for (ptrdiff_t i = 0; i < count; i++) {
    const float g = gradient[i] + a.weight_decay * w[i];
    mean[i] += a.new_mean * (g - mean[i]);
    square[i] = a.kept_square * square[i] + a.new_square * g * g;
    const float scale = __builtin_elementwise_sqrt(square[i]) / a.square_scale + a.epsilon;
    w[i] = a.shrink * w[i] - a.step_size * mean[i] / scale;
  }
}
