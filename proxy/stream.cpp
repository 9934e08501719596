// SPDX-License-Identifier: Apache-2.0
#include "proxy/stream.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

namespace weir::proxy {
namespace {

IoResult result_of_errno() {
  bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {again ? IoStatus::would_block : IoStatus::failed, 0};
}

}  // namespace

IoResult Stream::send_file(int, uint64_t, size_t) {
  return {IoStatus::failed, 0};
}

IoResult PlainStream::read(std::span<char> buffer) {
  ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) return {IoStatus::ok, static_cast<size_t>(got)};
  if (got == 0) return {IoStatus::closed, 0};
  return result_of_errno();
}

IoResult PlainStream::write(std::string_view bytes) {
  ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (put >= 0) return {IoStatus::ok, static_cast<size_t>(put)};
  return result_of_errno();
}

IoResult PlainStream::send_file(int file, uint64_t offset, size_t count) {
  auto from = static_cast<off_t>(offset);
  ssize_t put = ::sendfile(fd_.get(), file, &from, count);
  if (put >= 0) return {IoStatus::ok, static_cast<size_t>(put)};
  return result_of_errno();
}

IoStatus PlainStream::end_output() {
  ::shutdown(fd_.get(), SHUT_WR);
  return IoStatus::ok;
}

IoResult ReplayStream::read(std::span<char> buffer) {
  if (ahead_.empty()) return stream_->read(buffer);
  auto count = ahead_.copy(buffer.data(), buffer.size());
  ahead_.erase(0, count);
  return {IoStatus::ok, count};
}

void reset_on_close(int fd) {
  linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace weir::proxy
