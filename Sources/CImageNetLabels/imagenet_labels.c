#include "imagenet_labels.h"

static const unsigned char classes[] = {
#embed "data/imagenet_classes.txt"
};

imagenet_labels_file imagenet_labels(void) { return (imagenet_labels_file){classes, sizeof(classes)}; }
