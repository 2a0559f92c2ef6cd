#ifndef FASHION_SAMPLE_H
#define FASHION_SAMPLE_H

#include <stddef.h>

// A class-balanced sample of Fashion-MNIST (2,000 training and 1,000 test images of 28 x 28) as gzip IDX files.
// Copyright 2017 Zalando SE, MIT licence: see data/LICENSE. Scripts/fixtures/images/make_sample.py makes the files.

typedef struct {
  const unsigned char *bytes;
  size_t count;
} fashion_sample_file;

fashion_sample_file fashion_sample_train_images(void);
fashion_sample_file fashion_sample_train_labels(void);
fashion_sample_file fashion_sample_test_images(void);
fashion_sample_file fashion_sample_test_labels(void);
fashion_sample_file fashion_sample_license(void);

#endif
