#include "logrouter/delivery.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace drydock::logrouter {
namespace {

constexpr std::chrono::milliseconds kFirstWait{50};
constexpr std::chrono::seconds kLongestWait{5};

Duration back_off(int tries) {
  Duration wait = kFirstWait;
  for (int i = 1; i < tries && wait < kLongestWait; ++i) wait *= 2;
  return std::min<Duration>(wait, kLongestWait);
}

}  // namespace

std::string undelivered(const DeliveryView& d) {
  if (d.behind == 0) return {};
  return "container " + d.container + ": " + d.destination + " has not taken " +
         std::to_string(d.behind) + (d.behind == 1 ? " byte" : " bytes") + " of its log yet (" +
         (d.trouble.empty() ? "it has not answered" : d.trouble) +
         "); they are kept and sent when it does";
}

Delivery::Delivery(const DriverRoom& room, Pump::Job job, Hooks hooks)
    : room_(room), job_(std::move(job)), hooks_(std::move(hooks)) {}

Status Delivery::begin() {
  const std::string file = Checkpoint::file(job_.source.journal, job_.destination);
  DRYDOCK_LET(checkpoint_, Checkpoint::open(file));
  accepted_ = checkpoint_->position().value_or(Position{});
  if (accepted_ == Checkpoint::kReleased) {
    end();
    return {};
  }
  if (auto opened = read_from(accepted_, true); !opened) {
    // The journal was begun anew, for whatever reason: so is the delivery.
    accepted_ = {};
    DRYDOCK_TRY(read_from(accepted_, true));
  }
  DRYDOCK_LET(destination_, job_.make(room_, job_.source));
  appetite_ = destination_->appetite();
  return {};
}

Status Delivery::read_from(const Position& position, bool follow) {
  ReadOptions options;
  if (position.offset > 0) options.from = position;
  options.follow = follow;
  DRYDOCK_LET(reader_, JournalReader::open(job_.source.journal, options));
  following_ = follow;
  return {};
}

// Reads on into the batch. True: it is to be handed over.
bool Delivery::gather() {
  if (!batch_) batch_ = std::make_shared<Batch>();
  while (batch_->bytes < appetite_.bytes && batch_->entries.size() < appetite_.entries) {
    auto entry = reader_->next();
    if (!entry) break;
    batch_->bytes += entry->text.size();
    batch_->entries.push_back(std::move(*entry));
  }
  if (batch_->entries.empty()) return false;
  const bool full = batch_->bytes >= appetite_.bytes || batch_->entries.size() >= appetite_.entries;
  if (full || appetite_.gather == Duration{} || finished_ || gather_due_) return true;
  if (!gather_timer_)
    gather_timer_ = room_.loop->after(appetite_.gather, [this] {
      gather_due_ = true;
      hooks_.wake();
    });
  return false;
}

bool Delivery::turn() {
  if (ended_ || retry_timer_ || in_flight_.size() >= appetite_.in_flight) return false;
  if (gather()) {
    hand_over();
    return in_flight_.size() < appetite_.in_flight;
  }
  if (!finished_ || !in_flight_.empty() || !batch_->entries.empty()) return false;
  if (!following_) {
    end();
    return false;
  }
  // The last look: what was never finished is delivered as it is.
  return read_from(reader_->position(), false).has_value();
}

void Delivery::hand_over() {
  gather_timer_.cancel();
  gather_due_ = false;
  const std::uint64_t number = next_number_++;
  in_flight_.push_back({number, reader_->position(), batch_->entries.size()});
  destination_->deliver(std::exchange(batch_, nullptr),
                        [self = weak_from_this(), loop = room_.loop, number](Answer answer) {
                          loop->post([self, number, answer = std::move(answer)] {
                            if (auto here = self.lock()) here->answered(number, answer);
                          });
                        });
}

void Delivery::answered(std::uint64_t number, const Answer& answer) {
  if (ended_ || in_flight_.empty() || in_flight_.front().number != number) return;
  const InFlight first = in_flight_.front();
  switch (answer.kind) {
    case Answer::Kind::kAccepted:
      in_flight_.pop_front();
      accepted_ = first.after;
      pass(first.entries);
      break;
    case Answer::Kind::kLater:
      go_back(answer.accepted);
      pass(answer.accepted);
      if (answer.accepted > 0) tries_ = 0;
      return wait(answer);
    case Answer::Kind::kHeld:
      go_back(std::min(answer.accepted, first.entries));
      pass(answer.accepted);
      break;
    case Answer::Kind::kRefused: {
      const std::size_t accepted = std::min(answer.accepted, first.entries);
      const std::size_t rest = first.entries - accepted;
      const std::size_t refused = answer.refused == 0 ? rest : std::min(answer.refused, rest);
      go_back(accepted + refused);
      pass(accepted);
      refused_ += refused;
      hooks_.tell("log of " + name() + ": " + job_.destination + " refused " +
                  std::to_string(refused) + (refused == 1 ? " line: " : " lines: ") +
                  answer.reason);
      break;
    }
  }
  tries_ = 0;
  trouble({});
  hooks_.wake();
}

// So many entries have arrived.
void Delivery::pass(std::size_t entries) {
  delivered_ += entries;
  if (!std::exchange(unsaved_, true)) hooks_.unsaved();
}

// Everything after what is accepted comes again, but for `skip` entries.
void Delivery::go_back(std::size_t skip) {
  in_flight_.clear();
  batch_.reset();
  gather_timer_.cancel();
  // A failure: the file is gone or unreadable. The old reader goes on where it is.
  if (!read_from(accepted_, true)) return;
  for (std::size_t i = 0; i < skip; ++i)
    if (!reader_->next()) break;
  if (skip > 0) accepted_ = reader_->position();
}

void Delivery::wait(const Answer& answer) {
  ++tries_;
  trouble(answer.reason);
  hooks_.waits();
  retry_timer_ = room_.loop->after(std::max(answer.wait, back_off(tries_)), [this] {
    retry_timer_.cancel();
    hooks_.wake();
  });
}

// Told when it lasts, and when it is over.
void Delivery::trouble(const std::string& reason) {
  constexpr int kLasts = 6;  // tries: about three seconds
  if (reason.empty() && trouble_.empty()) return;
  if (reason.empty() && std::exchange(told_, false))
    hooks_.tell("log of " + name() + ": " + job_.destination + " takes it again");
  if (tries_ == kLasts && !std::exchange(told_, true))
    hooks_.tell("log of " + name() + ": " + job_.destination + " does not take it: " + reason +
                "; it is kept and tried again");
  trouble_ = reason;
}

void Delivery::finish() {
  finished_ = true;
  hooks_.wake();
}

void Delivery::unfinish() {
  finished_ = false;
  if (!following_) go_back(0);
  hooks_.wake();
}

void Delivery::abandon() {
  if (ended_) return;
  const std::uint64_t behind = view().behind;
  if (reader_ && (behind > 0 || !finished_))
    hooks_.tell("log of " + name() + ": " + job_.destination + " has gone; " +
                std::to_string(behind) + " bytes of the journal were not delivered to it" +
                (finished_ ? "" : ", nor will be what comes"));
  accepted_ = Checkpoint::kReleased;
  unsaved_ = true;
  end();
}

void Delivery::end() {
  ended_ = true;
  save();
  retry_timer_.cancel();
  gather_timer_.cancel();
  destination_.reset();
  reader_.reset();
  in_flight_.clear();
  batch_.reset();
  hooks_.ended();
}

void Delivery::save() {
  if (!std::exchange(unsaved_, false) || !checkpoint_) return;
  if (auto saved = checkpoint_->save(accepted_); !saved)
    hooks_.tell("log of " + name() + ": " + saved.error().message);
}

DeliveryView Delivery::view() const {
  DeliveryView v;
  v.task_id = job_.source.task_id;
  v.container = job_.source.container;
  v.destination = job_.destination;
  v.delivered = delivered_;
  v.refused = refused_;
  v.trouble = trouble_;
  v.finished = finished_;
  const auto bases = segments(job_.source.journal);
  struct stat st {};
  if (!bases.empty() &&
      ::stat((job_.source.journal + "/" + segment_name(bases.back())).c_str(), &st) == 0) {
    const std::uint64_t end = bases.back() + static_cast<std::uint64_t>(st.st_size);
    v.behind = end - std::min(end, accepted_.offset);
  }
  return v;
}

}  // namespace drydock::logrouter
