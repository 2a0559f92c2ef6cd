#ifndef SERVER_PAGE_H
#define SERVER_PAGE_H

#include <stddef.h>

// The page that the server shows to people, as files of data/. All of them have to be served beside each other: the page
// names the others by relative paths.

typedef struct {
  // Where the file lies below the page's folder: "" for the page itself.
  const char *path;
  const char *media_type;
  const unsigned char *bytes;
  size_t count;
} server_page_file;

// The files, the page first. `count` receives how many there are.
const server_page_file *server_page_files(size_t *count);

#endif
