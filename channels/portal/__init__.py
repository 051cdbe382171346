"""The portal (Cổng/Trang thông tin điện tử): bulletins as web pages, and the portal's own news."""
