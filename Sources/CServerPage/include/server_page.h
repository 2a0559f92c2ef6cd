#ifndef SERVER_PAGE_H
#define SERVER_PAGE_H

#include <stddef.h>

// The page that the server shows at /, and what belongs to it: the files of Sources/DenseNetServer/Page.

typedef struct {
  const unsigned char *bytes;
  size_t count;
} server_page_file;

server_page_file server_page_index_html(void);
server_page_file server_page_app_js(void);
server_page_file server_page_style_css(void);

#endif
