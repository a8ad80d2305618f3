// cpp-httplib's own TLS server with an empty handler: what `irsa serve` would cost if it used that, and did nothing.
//
// usage: stock_server PORT CERTIFICATE KEY
#include <cstdio>
#include <cstdlib>
#include <httplib.h>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: stock_server PORT CERTIFICATE KEY\n");
    return 2;
  }
  httplib::SSLServer server(argv[2], argv[3]);
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_keep_alive_timeout(120);
  server.set_tcp_nodelay(true);
  server.Post("/mutate", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(R"({"response":{"allowed":true}})", "application/json");
  });
  return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
