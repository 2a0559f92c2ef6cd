#include "server_page.h"

static const unsigned char page[] = {
#embed "data/index.html"
};
static const unsigned char style[] = {
#embed "data/style.css"
};
static const unsigned char app[] = {
#embed "data/app.js"
};
static const unsigned char card[] = {
#embed "data/card.js"
};
static const unsigned char results[] = {
#embed "data/results.js"
};
static const unsigned char server[] = {
#embed "data/server.js"
};
static const unsigned char texts[] = {
#embed "data/texts.js"
};

#define SCRIPT "text/javascript; charset=utf-8"
#define FILE_OF(path, type, array) {path, type, array, sizeof(array)}

static const server_page_file files[] = {
    FILE_OF("", "text/html; charset=utf-8", page),
    FILE_OF("style.css", "text/css; charset=utf-8", style),
    FILE_OF("app.js", SCRIPT, app),
    FILE_OF("card.js", SCRIPT, card),
    FILE_OF("results.js", SCRIPT, results),
    FILE_OF("server.js", SCRIPT, server),
    FILE_OF("texts.js", SCRIPT, texts),
};

const server_page_file *server_page_files(size_t *count) {
  *count = sizeof(files) / sizeof(files[0]);
  return files;
}
