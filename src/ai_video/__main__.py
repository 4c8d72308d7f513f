"""`python -m ai_video` is the command `ai-video`."""

from ai_video.cli.main import main

if __name__ == "__main__":
    main()
