#include "server_page.h"

static const unsigned char index_html[] = {
#embed "../DenseNetServer/Page/index.html"
};
static const unsigned char app_js[] = {
#embed "../DenseNetServer/Page/app.js"
};
static const unsigned char style_css[] = {
#embed "../DenseNetServer/Page/style.css"
};

#define FILE_OF(array) ((server_page_file){array, sizeof(array)})

server_page_file server_page_index_html(void) { return FILE_OF(index_html); }
server_page_file server_page_app_js(void) { return FILE_OF(app_js); }
server_page_file server_page_style_css(void) { return FILE_OF(style_css); }
