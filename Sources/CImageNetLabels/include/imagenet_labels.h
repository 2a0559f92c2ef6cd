#ifndef IMAGENET_LABELS_H
#define IMAGENET_LABELS_H

#include <stddef.h>

// The names of the 1,000 classes of ImageNet-1k (ILSVRC 2012), a line each in the order of the labels, as torchvision
// publishes them (torchvision.models._meta._IMAGENET_CATEGORIES, 0.29.2). BSD 3-Clause licence: see data/LICENSE.

typedef struct {
  const unsigned char *bytes;
  size_t count;
} imagenet_labels_file;

imagenet_labels_file imagenet_labels(void);

#endif
