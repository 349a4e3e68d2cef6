#pragma once
#include <functional>
#include <memory>
#include <string>

#include "logrouter/driver.h"
#include "logrouter/drivers/option.h"

namespace drydock::logrouter {

// What a driver does with a batch, in a lane: it may wait, but not for long. One batch at a time.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  virtual const std::string& address() const = 0;  // of its lane
  virtual Answer write(const Batch& batch) = 0;
};

// A destination whose batches are written in the lane of the writer's address.
std::unique_ptr<Destination> written_by(const DriverRoom& room, std::unique_ptr<LogWriter> writer,
                                        Destination::Appetite appetite = {});

// A connection to where a driver sends, made when it is needed.
class LogSocket {
 public:
  explicit LogSocket(LogAddress address) : address_(std::move(address)) {}
  bool is_datagram() const {
    return address_.kind == LogAddress::Kind::kUdp ||
           address_.kind == LogAddress::Kind::kUnixDatagram;
  }
  // Sends all of it, of a datagram socket as one. After an error the next call connects anew.
  Status send(std::string_view bytes);
  const std::string& name() const { return address_.text; }

 private:
  Status connect();
  bool peer_gone() const;
  LogAddress address_;
  UniqueFd fd_;
};

}  // namespace drydock::logrouter
