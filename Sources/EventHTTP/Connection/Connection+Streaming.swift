internal import CLibevent

/// Replies that are written piece by piece.
extension Connection {
    /// Lets a handler's content be written; the head leaves with the first piece, so that a failure before it is a 500.
    func begin(_ stream: StreamedContent, of response: Response, for request: Request) {
        let writer = ResponseWriter(framing(of: response, for: request), response, for: request, on: self)
        self.writer = writer
        // Sound: the task runs on this loop's thread, as everything that touches a request and its connection.
        nonisolated(unsafe) let request = request
        nonisolated(unsafe) let connection = self
        task = .other(
            Task(executorPreference: server.loop) {
                var failure: (any Error)?
                do { try await stream.write(writer) } catch { failure = error }
                guard connection.server.loop.isCurrent else { return }
                connection.finish(writer, length: stream.length, failure, response.status, request)
            })
        if peerHasEnded { task?.cancel() }
    }

    private func finish(
        _ writer: ResponseWriter, length: Int?, _ failure: (any Error)?, _ status: HTTPStatus, _ request: Request
    ) {
        guard !request.hasEnded else { return }
        task = nil
        self.writer = nil
        if phase == .closed {
            return server.giveUp(
                request, status: writer.hasBegun ? status : nil, contentBytes: writer.contentBytes)
        }
        bufferevent_setwatermark(bufferevent, Int16(EV_WRITE), 0, 0)
        if failure == nil, writer.isWhole {
            conclude(request, status: status, contentBytes: writer.contentBytes)
            writer.finish()
            return replied()
        }
        let error = failure ?? ResponseWriterError.tooShort(length: length ?? 0, written: writer.contentBytes)
        guard writer.hasBegun else { return answer(request, failing: error) }
        if !(error is CancellationError) { server.handlerFailed(request, "\(error)") }
        conclude(request, status: status, contentBytes: writer.contentBytes, isComplete: false)
        close(peerHasEnded ? .aborted : .brokenReply)
    }
}
