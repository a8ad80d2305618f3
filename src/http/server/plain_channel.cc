#include "plain_channel.h"

#include <sys/socket.h>

#include "http/socket/socket_io.h"

namespace irsa::http {

IoResult PlainChannel::Read(std::span<char> into) { return ReceiveBytes(fd(), into); }

IoResult PlainChannel::Write(std::string_view bytes) { return SendBytes(fd(), bytes); }

void PlainChannel::EndWriting() { ::shutdown(fd(), SHUT_WR); }

IoResult PlainChannel::Discard(size_t bytes) { return DiscardBytes(fd(), bytes); }

}  // namespace irsa::http
